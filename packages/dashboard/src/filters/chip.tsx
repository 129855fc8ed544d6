/** One part of a filter: a click edits it, its cross takes it away. */
import { Icon } from '../parts/icon.tsx';
import type { Chip } from './filter.ts';

/** A chip. */
export function FilterChip({
  chip,
  isEdited,
  onEdit,
  onRemove,
}: {
  chip: Chip;
  isEdited: boolean;
  onEdit: () => void;
  onRemove: () => void;
}) {
  return (
    <span class="filter-chip" data-edited={isEdited}>
      <button type="button" class="filter-edit" title="Change" onClick={onEdit}>
        {chip.label} <b>{chip.text}</b>
      </button>
      <button
        type="button"
        class="filter-remove"
        aria-label={`Remove ${chip.label} ${chip.text}`}
        onClick={onRemove}
      >
        <Icon name="close" size={12} />
      </button>
    </span>
  );
}
