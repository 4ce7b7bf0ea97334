import type { ReactNode } from 'react';
import type { Scope } from '@gistpool/contracts';
import { useMay } from '../api/session';

/** What only some may do is shown to them only; the api refuses it to all others, too. */
export function May({ scope, children }: { readonly scope: Scope; readonly children: ReactNode }) {
  return useMay(scope) ? children : null;
}
