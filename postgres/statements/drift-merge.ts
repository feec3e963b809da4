/** Drift as it is noted anew: what was known before keeps its time. */

/**
 * By column what is noted beside the time; the empty name stands for the whole resource being gone: by which execution
 * that was proved last, and whether its row may go.
 */
export type Drift = Readonly<Record<string, DriftMark>>
interface DriftMark {
  readonly by?: number | null
  readonly goes?: boolean
}

export const driftOf = (columns: readonly string[]): Drift =>
  Object.fromEntries(columns.map((column) => [column, {}]))

/**
 * SQL for the drift of a resource after a read: the names that `next` has, with the times of `old`. `next` is jsonb of
 * names and what is noted of each; what is no object leaves `old` as it is, an empty one ends it.
 */
export const mergedDrift = (old: string, next: string): string =>
  `CASE WHEN jsonb_typeof(${next}) = 'object' THEN (
     SELECT jsonb_object_agg(d.key, d.value || jsonb_build_object('since',
       coalesce(${old}->d.key->'since', to_jsonb(clock_timestamp())))) FROM jsonb_each(${next}) d)
   ELSE ${old} END`
