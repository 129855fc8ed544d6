/** A choice of a few, all of them in sight. */

/** One of the choices. */
export interface Segment<T extends string> {
  value: T;
  label: string;
  /** More about it, on hover. */
  title?: string;
}

/** Buttons in a row of which one is pressed. */
export function Segments<T extends string>({
  label,
  segments,
  value,
  onChange,
  isSmall = false,
}: {
  /** What is chosen, for those who hear the page. */
  label: string;
  segments: readonly Segment<T>[];
  value: T;
  onChange: (value: T) => void;
  isSmall?: boolean;
}) {
  return (
    <fieldset class={isSmall ? 'seg seg-s' : 'seg'} aria-label={label}>
      {segments.map((segment) => (
        <button
          key={segment.value}
          type="button"
          title={segment.title}
          aria-pressed={segment.value === value}
          onClick={() => onChange(segment.value)}
        >
          {segment.label}
        </button>
      ))}
    </fieldset>
  );
}
