import { useState } from 'react';
import { useCounts, useModels, type JobQuery } from '../api/jobs';
import { count } from '../format/numbers';
import { STATES } from './states';
import type { QueryField } from './use-job-query';

interface FilterBarProps {
  readonly filter: JobQuery;
  readonly onChange: (field: QueryField, value: string) => void;
  readonly onClear: () => void;
}

export function FilterBar({ filter, onChange, onClear }: FilterBarProps) {
  const models = useModels().data ?? [];
  const { state, search: _search, ...counted } = filter;
  const counts = useCounts(counted).data?.states;
  return (
    <form className="filters" role="search" onSubmit={(event) => event.preventDefault()}>
      <TextFilter
        name="search"
        label="Search"
        hint="id, prompt, metadata"
        filter={filter}
        onChange={onChange}
      />
      <div className="field">
        <label htmlFor="filter-state">State</label>
        <select
          id="filter-state"
          className="input"
          value={state ?? ''}
          onChange={(event) => onChange('state', event.target.value)}
        >
          <option value="">all</option>
          {STATES.map((one) => (
            <option key={one} value={one}>
              {one}
              {counts === undefined ? '' : ` (${count(counts[one])})`}
            </option>
          ))}
        </select>
      </div>
      <div className="field">
        <label htmlFor="filter-model">Model</label>
        <select
          id="filter-model"
          className="input"
          value={filter.model ?? ''}
          onChange={(event) => onChange('model', event.target.value)}
        >
          <option value="">all</option>
          {models.map(({ name }) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </div>
      <TextFilter name="tenant" label="Tenant" filter={filter} onChange={onChange} />
      <TextFilter name="task" label="Task" filter={filter} onChange={onChange} />
      <TextFilter name="tag" label="Tag" filter={filter} onChange={onChange} />
      <TextFilter name="batch" label="Batch" filter={filter} onChange={onChange} />
      <button type="button" className="button" disabled={Object.keys(filter).length === 0} onClick={onClear}>
        Clear
      </button>
    </form>
  );
}

interface TextFilterProps {
  readonly name: Exclude<QueryField, 'state' | 'model'>;
  readonly label: string;
  readonly hint?: string;
  readonly filter: JobQuery;
  readonly onChange: (field: QueryField, value: string) => void;
}

/** Takes effect when it is left or Enter is pressed, not with every letter. */
function TextFilter({ name, label, hint, filter, onChange }: TextFilterProps) {
  const given = filter[name] ?? '';
  const [draft, setDraft] = useState({ text: given, from: given });
  const text = draft.from === given ? draft.text : given;
  const commit = (): void => {
    if (text !== given) onChange(name, text);
  };
  return (
    <div className="field">
      <label htmlFor={`filter-${name}`}>{label}</label>
      <input
        id={`filter-${name}`}
        className="input"
        type={name === 'search' ? 'search' : 'text'}
        placeholder={hint}
        value={text}
        onChange={(event) => setDraft({ text: event.target.value, from: given })}
        onBlur={commit}
        onKeyDown={(event) => {
          if (event.key === 'Enter') commit();
        }}
      />
    </div>
  );
}
