import { useNavigate } from 'react-router';
import { count, plural } from '../format/numbers';
import { roundUp, type PeakPoint } from './points';

const SIZE = 300;
const LEFT = 46;
const BELOW = 34;

/** Each finished job: predicted peak to the right, actual peak up. Above the diagonal a promise was broken. */
export function Scatter({ points }: { readonly points: readonly PeakPoint[] }) {
  const navigate = useNavigate();
  const top = roundUp(Math.max(1, ...points.map((point) => Math.max(point.predicted, point.actual))));
  const x = (cells: number) => LEFT + (SIZE * cells) / top;
  const y = (cells: number) => SIZE + 6 - (SIZE * cells) / top;
  const missed = points.filter((point) => point.isMissed).length;
  const ticks = [0, 0.5, 1].map((share) => share * top);
  return (
    <svg
      className="scatter"
      viewBox={`0 0 ${SIZE + LEFT + 24} ${SIZE + BELOW + 8}`}
      role="img"
      aria-label={`Predicted against actual peak of ${plural(points.length, 'finished job')}; ${count(
        missed,
      )} held more than was predicted`}
    >
      {ticks.map((tick) => (
        <g key={tick}>
          <line className="grid" x1={x(0)} x2={x(top)} y1={y(tick)} y2={y(tick)} />
          <line className="grid" x1={x(tick)} x2={x(tick)} y1={y(0)} y2={y(top)} />
          <text x={LEFT - 6} y={y(tick) + 4} textAnchor="end">
            {count(tick)}
          </text>
          <text x={x(tick)} y={SIZE + 22} textAnchor="middle">
            {count(tick)}
          </text>
        </g>
      ))}
      <line className="diagonal" x1={x(0)} x2={x(top)} y1={y(0)} y2={y(top)} />
      {points.map((point) => (
        <circle
          key={point.id}
          className={point.isMissed ? 'missed' : ''}
          cx={x(point.predicted)}
          cy={y(point.actual)}
          r={3}
          onClick={() => void navigate(`/jobs/${point.id}`)}
        >
          <title>{`${point.id}: ${count(point.predicted)} predicted, ${count(point.actual)} held`}</title>
        </circle>
      ))}
      <text x={LEFT + SIZE / 2} y={SIZE + BELOW + 4} textAnchor="middle">
        predicted peak, cells
      </text>
    </svg>
  );
}
