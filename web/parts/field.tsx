// Form controls with their labels, hints, and what is wrong with what was entered.

import type { ComponentChildren, JSX } from 'preact';
import { useId } from 'preact/hooks';

interface FieldProps {
  readonly label: string;
  readonly hint?: string | undefined;
  readonly problem?: string | undefined;
}

type InputProps = FieldProps & Omit<JSX.InputHTMLAttributes, 'label'>;

export function Input({ label, hint, problem, ...input }: InputProps) {
  const id = useId();
  const about = hint || problem ? `${id}-about` : undefined;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input id={id} aria-describedby={about} aria-invalid={problem ? true : undefined} {...input} />
      {(problem || hint) && (
        <p id={about} class={problem ? 'problem' : 'hint'}>
          {problem ?? hint}
        </p>
      )}
    </div>
  );
}

interface SelectProps extends FieldProps {
  readonly value: string;
  readonly options: readonly (readonly [value: string, label: string])[];
  onChoose(value: string): void;
}

export function Select({ label, hint, value, options, onChoose }: SelectProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} value={value} onChange={({ currentTarget }) => onChoose(currentTarget.value)}>
        {options.map(([one, text]) => (
          <option key={one} value={one}>
            {text}
          </option>
        ))}
      </select>
      {hint && <p class="hint">{hint}</p>}
    </div>
  );
}

interface CardsProps<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly options: readonly { readonly value: T; readonly title: string; readonly text: string }[];
  onChoose(value: NoInfer<T>): void;
}

/** Few choices, each with a sentence. */
export function Cards<T extends string>({ label, value, options, onChoose }: CardsProps<T>) {
  const name = useId();
  return (
    <fieldset class="field cards">
      <legend>{label}</legend>
      {options.map((one) => (
        <label key={one.value} class={one.value === value ? 'card chosen' : 'card'}>
          <input type="radio" name={name} value={one.value} checked={one.value === value} onChange={() => onChoose(one.value)} />
          <strong>{one.title}</strong>
          <span>{one.text}</span>
        </label>
      ))}
    </fieldset>
  );
}

/** Something that could not be shown: what happened, and what to do. */
export const Notice = ({ title, text, children }: { title: string; text?: string | undefined; children?: ComponentChildren }) => (
  <div class="notice" role="alert">
    <h2>{title}</h2>
    {text && <p>{text}</p>}
    {children && <div class="row">{children}</div>}
  </div>
);
