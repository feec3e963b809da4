/** Names one after the other, so many of them. */

/** @example listed(['a', 'b']) // 'a, b', or 'a, b, … and 12 more' */
export const listed = (names: readonly string[], most = 10): string =>
  names.length <= most
    ? names.join(', ')
    : `${names.slice(0, most).join(', ')} and ${names.length - most} more`
