import * as ToggleGroup from '@radix-ui/react-toggle-group';
import { chooseTheme, THEMES, useTheme, type Theme } from './theme';

const ICONS: Readonly<Record<Theme, string>> = {
  system: 'M2 3h12v8H2zM6 14h4',
  light:
    'M8 5a3 3 0 1 0 0 6a3 3 0 0 0 0-6M8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1 1M12 12l1 1M13 3l-1 1M4 12l-1 1',
  dark: 'M13 9.5A5.5 5.5 0 0 1 6.5 3a5.5 5.5 0 1 0 6.5 6.5',
};
const NAMES: Readonly<Record<Theme, string>> = {
  system: 'Colours of the system',
  light: 'Light colours',
  dark: 'Dark colours',
};

export function ThemeSwitch() {
  const theme = useTheme();
  const choose = (value: string): void => {
    const next = THEMES.find((one) => one === value);
    if (next !== undefined) chooseTheme(next);
  };
  return (
    <ToggleGroup.Root
      type="single"
      className="theme"
      aria-label="Colours"
      value={theme}
      onValueChange={choose}
    >
      {THEMES.map((name) => (
        <ToggleGroup.Item key={name} value={name} aria-label={NAMES[name]} title={NAMES[name]}>
          <svg viewBox="0 0 16 16" aria-hidden="true">
            <path d={ICONS[name]} />
          </svg>
        </ToggleGroup.Item>
      ))}
    </ToggleGroup.Root>
  );
}
