import type { VNode } from 'preact';
import { USER_ID_CHARACTERS_MAX } from '../../src/core/client-bounds.js';
import type { PersonSearch } from '../model/person-search.js';

interface Props {
  search: PersonSearch;
  query: string;
  label: string;
}

/** Where one types the beginning of a name. Enter submits no form around it. */
export function PersonSearchField({ search, query, label }: Props): VNode {
  return (
    <input
      class="input"
      type="search"
      value={query}
      placeholder="Find people by name"
      aria-label={label}
      maxLength={USER_ID_CHARACTERS_MAX}
      autocapitalize="none"
      autocomplete="off"
      spellcheck={false}
      onInput={(event) => search.typed(event.currentTarget.value)}
      onKeyDown={(event) => event.key === 'Enter' && event.preventDefault()}
    />
  );
}
