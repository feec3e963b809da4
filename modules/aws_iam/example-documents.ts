/** Documents that the examples of this module share. */
import type { JsonObject } from '../kit/index.ts'

const Version = '2012-10-17'

export const allowing = (...Action: readonly string[]): JsonObject => ({
  Version,
  Statement: [{ Effect: 'Allow', Action, Resource: '*' }],
})

export const trusting = (Service: string): JsonObject => ({
  Version,
  Statement: [{ Effect: 'Allow', Principal: { Service }, Action: 'sts:AssumeRole' }],
})
