import type { JobView } from '@gistpool/contracts';
import { plural } from '../format/numbers';
import { isOpen } from '../jobs/states';
import type { Story, ThoughtStory } from './story';
import { ThoughtCard } from './thought-card';

interface ThoughtsPanelProps {
  readonly job: JobView;
  readonly story: Story;
}

export function ThoughtsPanel({ job, story }: ThoughtsPanelProps) {
  const thoughts = thoughtsOf(job, story);
  const answer = story.answer ?? job.result?.answer;
  return (
    <section className="panel stack" aria-labelledby="thoughts">
      <div className="row apart">
        <h2 id="thoughts">Thoughts and answer</h2>
        <span className="soft small">{plural(thoughts.length, 'thought')}</span>
      </div>
      {answer !== undefined && (
        <div className="answer">
          <h3>Answer</h3>
          <p className="said">{answer === '' ? 'Nothing was said after the last thought.' : answer}</p>
        </div>
      )}
      {isOpen(job.state) && story.current.text !== '' && (
        <div className="answer live" aria-live="off">
          <h3>
            {job.state === 'answering'
              ? 'Answer, being written'
              : `Thought ${story.current.thought + 1}, being written`}
          </h3>
          <p className="said">{story.current.text}</p>
        </div>
      )}
      {thoughts.length === 0 && answer === undefined && story.current.text === '' && (
        <p className="soft">Nothing was said yet.</p>
      )}
      <ol className="thoughts">
        {thoughts.map((thought) => (
          <ThoughtCard key={thought.thought} thought={thought} />
        ))}
      </ol>
    </section>
  );
}

/** Events are forgotten some time after a job's end; its result still has the texts. */
function thoughtsOf(job: JobView, story: Story): readonly ThoughtStory[] {
  if (story.thoughts.length > 0) return story.thoughts;
  return (job.result?.thoughts ?? []).map((text, thought) => ({ thought, text, atMs: 0 }));
}
