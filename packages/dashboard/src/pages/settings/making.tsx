/** What is made and taken away on the settings page: a form, a secret that is shown once, a second question. */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { ApiError } from '../../api.ts';
import { CopyButton } from '../../parts/copy.tsx';

/** A form that makes something; what is wrong with it stands beside its button. */
export function MakeForm({
  label,
  make,
  children,
}: {
  label: string;
  make: (fields: FormData) => Promise<void>;
  children: ComponentChildren;
}) {
  const [error, setError] = useState('');
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    try {
      await make(new FormData(form));
      form.reset();
      setError('');
    } catch (reason) {
      setError((reason as ApiError).message);
    }
  };
  return (
    <form class="new-token" onSubmit={submit}>
      {children}
      <button type="submit" class="btn">
        {label}
      </button>
      {error !== '' && (
        <p class="worse" role="alert">
          {error}
        </p>
      )}
    </form>
  );
}

/** Ticks for several things of which some are chosen. */
export function Ticks({
  name,
  legend,
  ticks,
  ticked,
}: {
  name: string;
  legend: string;
  ticks: readonly (readonly [value: string, meaning: string])[];
  ticked: string;
}) {
  return (
    <fieldset>
      <legend>{legend}</legend>
      {ticks.map(([value, meaning]) => (
        <label key={value} class="check">
          <input type="checkbox" name={name} value={value} defaultChecked={value === ticked} />
          <span>
            {value} <span class="t3">{meaning}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}

/** A secret that was just made. */
export function Secret({ of, secret }: { of: string; secret: string }) {
  return (
    <div class="secret" role="status">
      <p>The secret of the new {of}. It is shown this once: copy it now.</p>
      <div class="shell-line">
        <pre>
          <code>{secret}</code>
        </pre>
        <CopyButton text={secret} label="Copy the secret" />
      </div>
    </div>
  );
}

/** A button that takes something away, after a second question. */
export function TakeAway({ verb, name, onYes }: { verb: string; name: string; onYes: () => void }) {
  const [isAsked, setAsked] = useState(false);
  return isAsked ? (
    <span class="confirm">
      <button
        type="button"
        class="btn btn-s btn-danger"
        onClick={() => {
          setAsked(false);
          onYes();
        }}
      >
        {verb} {name}
      </button>
      <button type="button" class="btn btn-s" onClick={() => setAsked(false)}>
        Keep
      </button>
    </span>
  ) : (
    <button
      type="button"
      class="btn btn-s"
      aria-label={`${verb} ${name}`}
      onClick={() => setAsked(true)}
    >
      {verb}
    </button>
  );
}
