import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Navigate, useNavigate, useSearchParams } from 'react-router';
import '../style/access.css';
import { login, sessionQuery, useSession } from '../api/session';
import { Problem } from '../ui/problem';
import { useTitle } from '../ui/use-title';
import { whereTo } from './where-to';

export function LoginPage() {
  useTitle('Log in');
  const [params] = useSearchParams();
  const { path, isOtherPage } = whereTo(params.get('to'));
  const session = useSession().data;
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [key, setKey] = useState('');
  const { mutate, isPending, error } = useMutation({
    mutationFn: login,
    onSuccess: (mine) => {
      queries.setQueryData(sessionQuery.queryKey, mine);
      if (isOtherPage) window.location.assign(path);
      else void navigate(path, { replace: true });
    },
  });
  if (session !== undefined && session.by !== 'none' && !isOtherPage) return <Navigate to={path} replace />;
  return (
    <main className="login" id="page">
      <form
        className="panel stack"
        onSubmit={(event) => {
          event.preventDefault();
          mutate(key.trim());
        }}
      >
        <h1>gistpool</h1>
        <div className="field">
          <label htmlFor="key">Your key</label>
          <input
            id="key"
            className="input"
            type="password"
            autoComplete="current-password"
            placeholder="gp_…"
            required
            aria-describedby="key-hint"
            value={key}
            onChange={(event) => setKey(event.target.value)}
          />
          <p id="key-hint" className="hint">
            An operator makes one with <code>gistpool keys create</code>. The browser keeps no key, only a
            session of 12 hours.
          </p>
        </div>
        <Problem error={error} />
        <button type="submit" className="button strong" disabled={isPending}>
          Log in
        </button>
      </form>
    </main>
  );
}
