import type { ReactNode } from 'react';

interface FiguresProps {
  readonly figures: readonly (readonly [name: string, value: ReactNode])[];
  readonly isPlain?: boolean;
  readonly label?: string;
}

/** Names with values. Plain: facts rather than figures to see from afar. */
export function Figures({ figures, isPlain = false, label }: FiguresProps) {
  return (
    <dl className={isPlain ? 'figures plain' : 'figures'} aria-label={label}>
      {figures.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
