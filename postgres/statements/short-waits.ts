/** A part of a FROM clause by which a statement gives up (SQLSTATE 55P03) instead of waiting for a tenant's open transaction. */
export const shortWaits = `(SELECT pg_catalog.set_config('lock_timeout', '500ms', true)) short_waits`
