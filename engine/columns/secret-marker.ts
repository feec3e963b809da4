/** What a secret column shows instead of its value, as a regular expression that PostgreSQL and JavaScript read alike. */
export const secretMarker = '^secret:[0-9]+$'
