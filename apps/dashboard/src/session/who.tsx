import { useMutation, useQueryClient } from '@tanstack/react-query';
import { messageOf } from '../api/client';
import { logout, sessionQuery, useSession } from '../api/session';
import { sayProblem } from '../ui/toasts';

/** Who is in, and the way out. Nothing where no key is asked for. */
export function Who() {
  const session = useSession().data;
  const queries = useQueryClient();
  const { mutate, isPending } = useMutation({
    mutationFn: logout,
    onSuccess: (nobody) => {
      queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== sessionQuery.queryKey[0] });
      queries.setQueryData(sessionQuery.queryKey, nobody);
    },
    onError: (error) => sayProblem(messageOf(error)),
  });
  if (session?.by !== 'cookie') return null;
  return (
    <>
      <span className="who" title={`${session.key ?? ''}: ${session.scopes.join(', ')}`}>
        {session.tenant}
      </span>
      <button type="button" className="button" disabled={isPending} onClick={() => mutate()}>
        Log out
      </button>
    </>
  );
}
