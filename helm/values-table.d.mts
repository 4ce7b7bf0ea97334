export function readmeWithValues(): string;
