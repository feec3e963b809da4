/** The status page: health for everybody, and what is going on for those who are signed in. */
import { connect, type IasqlClient } from '#websocket/client.ts'
import {
  askHealth,
  becomeFirstOwner,
  type Configuration,
  fetchTicket,
  type Health,
  loadConfiguration,
  wordsOf,
} from './api.ts'
import { buttonOf, clear, doing, element, lead, onClick, onSubmit, say, show, typed } from './elements.ts'
import { beginSignIn, finishSignIn, type Issuer, type Surroundings } from './sign-in.ts'
import { askExecutions } from './status.ts'

const get: typeof fetch = (input, init) => fetch(input, init)
const around: Surroundings = {
  fetch: get,
  storage: sessionStorage,
  pageUrl: `${location.origin}${location.pathname}`,
}
const tenantKey = 'iasql-tenant'

interface Visit {
  readonly configuration: Configuration
  readonly issuer: Issuer | undefined
  /** Of who has come back from the issuer. */
  jwt: string | undefined
}

const issuerOf = ({ issuer, audience }: Configuration): Issuer | undefined =>
  issuer === undefined || audience === undefined ? undefined : { issuer, audience }

function showHealth(health: Health): void {
  element('health').dataset.state = health.kind
  say('health', health.kind === 'well' ? 'The product answers.' : health.why)
}

const wakingMs = 3_000

async function lookAtHealth(configuration: Configuration): Promise<void> {
  delete element('health').dataset.state
  say('health', 'Asking …')
  const slow = setTimeout(
    () => say('health', 'Asking … A database that sleeps takes about 15 seconds to wake.'),
    wakingMs,
  )
  showHealth(await askHealth(get, configuration))
  clearTimeout(slow)
}

async function showWork(client: IasqlClient): Promise<void> {
  const rows = await askExecutions(client)
  const lines = rows.map((row) => {
    const line = document.createElement('tr')
    for (const text of row) line.insertCell().textContent = text
    return line
  })
  element('executions').replaceChildren(...lines)
  show('work', rows.length > 0)
  say('who', rows.length > 0 ? '' : 'Signed in. Nothing has been done yet.')
}

async function enter({ configuration }: Visit, token: string): Promise<void> {
  const tenant = typed('tenant') || undefined
  const client = await connect({
    url: configuration.socketUrl,
    httpUrl: configuration.httpUrl,
    ticket: () => fetchTicket(configuration, { token, tenant }),
    onNotice: ({ message }) => say('notice', message),
  })
  await showWork(client).catch((error: unknown) => {
    client.close()
    throw error
  })
  for (const id of ['token', 'secret']) clear(id)
  say('token-text', '')
  for (const id of ['sign-in', 'new-token']) show(id, false)
  onClick('refresh', async () => {
    await Promise.all([lookAtHealth(configuration), showWork(client)])
  })
  element('sign-out').onclick = () => {
    client.close()
    location.assign(around.pageUrl)
  }
  lead('status', 'status-title')
}

/** Once at the issuer is enough, unless what it gave was of no use. */
async function enterByIssuer(visit: Visit): Promise<void> {
  const { issuer, jwt } = visit
  visit.jwt = undefined
  around.storage.setItem(tenantKey, typed('tenant'))
  if (jwt !== undefined) await enter(visit, jwt)
  else if (issuer) location.assign(await beginSignIn(issuer, around))
}

async function comeBack(visit: Visit): Promise<void> {
  const query = new URLSearchParams(location.search)
  // The code in the address is of no more use, and no one else's business.
  history.replaceState(null, '', around.pageUrl)
  element<HTMLInputElement>('tenant').value = around.storage.getItem(tenantKey) ?? ''
  if (visit.issuer) visit.jwt = await finishSignIn(visit.issuer, query, around)
  if (visit.jwt !== undefined) await enter(visit, visit.jwt)
}

async function becomeOwner(visit: Visit): Promise<void> {
  const { configuration, jwt } = visit
  const token = await becomeFirstOwner(get, configuration, { secret: typed('secret'), jwt })
  if (token === undefined) {
    if (jwt !== undefined) await enter(visit, jwt)
    return
  }
  say('token-text', token)
  clear('secret')
  show('sign-in', false)
  lead('new-token', 'new-token-title')
}

function listen(visit: Visit): void {
  const ownToken = () => element('token-text').textContent
  onClick('ask-again', () => lookAtHealth(visit.configuration))
  onSubmit('by-issuer', () => enterByIssuer(visit))
  onSubmit('by-token', () => enter(visit, typed('token')))
  onSubmit('first-owner', () => becomeOwner(visit))
  onClick('go-on', () => enter(visit, ownToken()))
  onClick('copy', async () => {
    await navigator.clipboard.writeText(ownToken())
    say('copy', 'Copied')
  })
}

async function start(): Promise<void> {
  const configuration = await loadConfiguration(get)
  const visit: Visit = { configuration, issuer: issuerOf(configuration), jwt: undefined }
  listen(visit)
  show('by-issuer', visit.issuer !== undefined)
  show('sign-in', true)
  void doing(buttonOf('by-issuer'), () => comeBack(visit))
  await doing(element<HTMLButtonElement>('ask-again'), () => lookAtHealth(configuration))
}

start().catch((error: unknown) => showHealth({ kind: 'ill', why: wordsOf(error) }))
