import { expect, test } from 'vitest'
import { registry } from '#modules/registry.ts'
import { rpcDescriptions } from '#operations/rpc/registry.ts'

test('no function takes a secret as an argument, since arguments are kept as they are', () => {
  const named = rpcDescriptions(registry).flatMap(({ name, arguments: given }) =>
    given.map((argument) => `${name}(${argument.name})`),
  )

  expect(named).toContain('access_key_request(user_name)')
  expect(
    named.filter((one) => /\(.*(secret|password|passphrase|private|credential|token)/.test(one)),
  ).toEqual([])
})
