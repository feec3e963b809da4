/** Calls wait for a socket before the SDK counts the time that they take to connect. */
import { expect, test } from 'vitest'
import { sockets } from '#aws/sockets.ts'

const never = new AbortController().signal
const settled = () => new Promise((resolve) => setImmediate(resolve))

test('whoever comes when all are taken goes in the order of coming', async () => {
  const { enter, leave } = sockets(2)
  const gone: string[] = []
  for (const name of ['a', 'b', 'c', 'd']) void enter(never).then(() => gone.push(name))
  await settled()
  expect(gone).toEqual(['a', 'b'])

  leave()
  await settled()
  expect(gone).toEqual(['a', 'b', 'c'])

  leave()
  await settled()
  expect(gone).toEqual(['a', 'b', 'c', 'd'])
})

test('whoever gives up takes nobody his turn', async () => {
  const { enter, leave } = sockets(1)
  const impatient = new AbortController()
  expect(await enter(never)).toBe(true)
  const first = enter(impatient.signal)
  const second = enter(never)

  impatient.abort()
  leave()

  expect(await first).toBe(false)
  expect(await second).toBe(true)
  expect(await enter(impatient.signal)).toBe(false)
})

test('what is left is free for whoever comes later', async () => {
  const { enter, leave } = sockets(1)
  expect(await enter(never)).toBe(true)

  leave()

  expect(await enter(never)).toBe(true)
})
