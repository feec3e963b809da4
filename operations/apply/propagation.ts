/** Refusals that AWS gives while another of its services has not heard yet of something new, as the table declares them. */
import type { IasqlError } from '#engine/model/error.ts'
import type { Propagation, ResourceType } from '#modules/kit/index.ts'

/** The one place where the text of an AWS error decides anything. */
export function propagationOf(
  { propagates }: Pick<ResourceType, 'propagates'>,
  { refusal }: IasqlError,
): Propagation | undefined {
  return propagates.find(
    ({ operation, error, message }) =>
      refusal?.operation === operation && refusal.error === error && message.test(refusal.message),
  )
}
