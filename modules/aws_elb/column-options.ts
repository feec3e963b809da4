/** What several columns of load balancers and target groups have in common. */

/** All attributes are sent by one call, and none along with the create. */
export const attribute = { part: 'attributes', ownCall: ['create', 'update'] } as const

/** What keeps its name makes room first; another name stands beside the old one. */
export const anew = { replaces: 'after' } as const
