/** How long calls may take: what bounds a call decides when its absence may be believed. */

/**
 * A write has ended, answered or not, so long after its intent: no longer than a single call may take (aws/create-cloud).
 * Longer than the lease of an execution: whoever takes that over waits for the deadline, not for the lease.
 */
export const writeSeconds = 30
/** Reads may list in many pages. */
export const readSeconds = 60
/** How long a request may still be under way after its caller gave up or died. */
export const stragglerMs = 2_000
