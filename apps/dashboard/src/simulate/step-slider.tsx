import { useId } from 'react';

interface StepSliderProps {
  readonly label: string;
  readonly steps: readonly number[];
  /** One of the steps. */
  readonly value: number;
  readonly text: (value: number) => string;
  readonly onChange: (value: number) => void;
}

/** A slider over values that are not evenly spaced. */
export function StepSlider({ label, steps, value, text, onChange }: StepSliderProps) {
  const id = useId();
  return (
    <div className="field slider">
      <label htmlFor={id}>{label}</label>
      <output htmlFor={id}>{text(value)}</output>
      <input
        id={id}
        type="range"
        min={0}
        max={steps.length - 1}
        step={1}
        value={Math.max(0, steps.indexOf(value))}
        aria-valuetext={text(value)}
        onChange={(event) => onChange(steps[Number(event.target.value)] ?? value)}
      />
    </div>
  );
}
