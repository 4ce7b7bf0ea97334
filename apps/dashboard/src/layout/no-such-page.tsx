import { Link } from 'react-router';
import { Empty } from '../ui/empty';
import { useTitle } from '../ui/use-title';

export function NoSuchPage() {
  useTitle('Not found');
  return (
    <Empty title="There is no such page">
      <Link to="/">To the fleet</Link>
    </Empty>
  );
}
