/** Copying: a button that puts a text into the clipboard and says that it did. */
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Icon, type IconName } from './icon.tsx';

/** How long the button says that it copied. */
const doneMs = 1_500;

/** Copies `text`, or what it returns at the moment of the click. */
export function CopyButton({
  text,
  label,
  icon = 'copy',
  class: look = 'iconbtn',
  children,
}: {
  text: string | (() => string);
  /** What it does, for those who hear the page and for the title: `Copy the link`. */
  label: string;
  icon?: IconName;
  class?: string;
  /** Words in the button; without them the icon stands alone. */
  children?: ComponentChildren;
}) {
  const [isDone, setDone] = useState(false);
  useEffect(() => {
    if (!isDone) return undefined;
    const timer = setTimeout(() => setDone(false), doneMs);
    return () => clearTimeout(timer);
  }, [isDone]);
  const copy = async (): Promise<void> => {
    await putIntoClipboard(typeof text === 'string' ? text : text());
    setDone(true);
  };
  return (
    <button
      type="button"
      class={look}
      aria-label={children === undefined ? label : undefined}
      title={label}
      onClick={copy}
    >
      <Icon name={isDone ? 'check' : icon} size={look.includes('iconbtn') ? 14 : 16} />
      {children !== undefined && (isDone ? 'Copied' : children)}
      <span class="vh" role="status">
        {isDone ? 'Copied' : ''}
      </span>
    </button>
  );
}

/** Browsers keep the clipboard from pages that came over plain HTTP; there an old way still works. */
async function putIntoClipboard(text: string): Promise<void> {
  if (navigator.clipboard !== undefined) {
    await navigator.clipboard.writeText(text);
    return;
  }
  const field = document.createElement('textarea');
  field.value = text;
  field.className = 'vh';
  document.body.append(field);
  field.select();
  document.execCommand('copy');
  field.remove();
}
