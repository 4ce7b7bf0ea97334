import { useSyncExternalStore } from 'react';

export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const KEY = 'gistpool.theme';
const listeners = new Set<() => void>();
const system = window.matchMedia('(prefers-color-scheme: dark)');
system.addEventListener('change', () => tell());

function tell(): void {
  for (const listener of listeners) listener();
}

/** public/assets/theme.js sets the same before the first paint. */
function chosen(): Theme {
  const set = document.documentElement.dataset['theme'];
  return set === 'light' || set === 'dark' ? set : 'system';
}

export function chooseTheme(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // Then it holds until the page is left.
  }
  tell();
}

function listen(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const useTheme = (): Theme => useSyncExternalStore(listen, chosen);

/** Which colours are seen: for what is painted rather than styled. */
export const useColours = (): 'light' | 'dark' =>
  useSyncExternalStore(listen, () => {
    const theme = chosen();
    return theme === 'system' ? (system.matches ? 'dark' : 'light') : theme;
  });
