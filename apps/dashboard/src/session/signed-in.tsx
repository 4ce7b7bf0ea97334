import type { ReactNode } from 'react';
import { Navigate, useLocation } from 'react-router';
import { useSession } from '../api/session';

/** Pages for those whom the api lets in; others come to the login first. */
export function SignedIn({ children }: { readonly children: ReactNode }) {
  const { data, isPending } = useSession();
  const { pathname, search } = useLocation();
  if (data?.by === 'none')
    return <Navigate to={`/login?to=${encodeURIComponent(pathname + search)}`} replace />;
  return isPending ? <p className="soft">Loading…</p> : children;
}
