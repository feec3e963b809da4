import { expect, test } from 'vitest'
import { registry } from '#modules/registry.ts'
import { rpcDescriptions } from '#operations/rpc/registry.ts'

const given = rpcDescriptions(registry).flatMap(({ name, kind, arguments: all }) =>
  all.map((argument) => ({ ...argument, kind, of: `${name}(${argument.name})` })),
)
const named = (some: typeof given): readonly string[] => some.map(({ of }) => of)

test('an argument that is a secret by its name is declared as one, since others are kept as they are', () => {
  const private_ = given.filter(({ name }) =>
    /(secret|password|passphrase|private|credential|token)/.test(name),
  )

  expect(named(given)).toContain('access_key_request(user_name)')
  expect(named(private_)).toContain('set_user_password(password)')
  expect(named(private_.filter(({ secret }) => !secret))).toEqual([])
})

test('only actions take secrets: an execution would keep its arguments, and a read is called many times', () => {
  expect(named(given.filter(({ secret, kind }) => secret && kind !== 'action'))).toEqual([])
})
