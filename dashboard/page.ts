/** The status page: health for everybody, and what is going on for those who are signed in. */
import { connect } from '#websocket/client.ts'
import { askHealth, becomeFirstOwner, type Configuration, fetchTicket, loadConfiguration } from './api.ts'
import { beginSignIn, finishSignIn, type Issuer, type Surroundings } from './sign-in.ts'
import { askExecutions } from './status.ts'

const get: typeof fetch = (input, init) => fetch(input, init)
const around: Surroundings = {
  fetch: get,
  storage: sessionStorage,
  pageUrl: `${location.origin}${location.pathname}`,
}

function element<Kind extends HTMLElement = HTMLElement>(id: string): Kind {
  const found = document.getElementById(id)
  if (!found) throw new Error(`the page has no #${id}`)
  return found as Kind
}

const say = (id: string, text: string): void => {
  element(id).textContent = text
}

const show = (id: string, isShown: boolean): void => {
  element(id).hidden = !isShown
}

const issuerOf = ({ issuer, audience }: Configuration): Issuer | undefined =>
  issuer === undefined || audience === undefined ? undefined : { issuer, audience }

/** Runs `work`; what went wrong is told beside the forms. */
const telling = async (work: () => Promise<void>): Promise<void> => {
  say('refusal', '')
  try {
    await work()
  } catch (error) {
    say('refusal', error instanceof Error ? error.message : String(error))
  }
}

async function showStatus(configuration: Configuration, bearer: string): Promise<void> {
  const client = await connect({
    url: configuration.socketUrl,
    ticket: () => fetchTicket(get, configuration, bearer),
  })
  const rows = await askExecutions(client)
  const lines = rows.map((row) => {
    const line = document.createElement('tr')
    for (const text of row) line.insertCell().textContent = text
    return line
  })
  element('executions').replaceChildren(...lines)
  say('who', rows.length === 0 ? 'Signed in. Nothing has been done yet.' : 'Signed in.')
  show('sign-in', false)
  show('status', true)
  element('sign-out').onclick = () => {
    client.close()
    location.assign(around.pageUrl)
  }
}

function listen(configuration: Configuration, signedIn: string | undefined): void {
  const issuer = issuerOf(configuration)
  show('issuer', issuer !== undefined)
  element('issuer').onclick = () =>
    telling(async () => {
      if (issuer) location.assign(await beginSignIn(issuer, around))
    })
  element('by-token').onsubmit = (event) => {
    event.preventDefault()
    void telling(() => showStatus(configuration, element<HTMLInputElement>('token').value.trim()))
  }
  element('first-owner').onsubmit = (event) => {
    event.preventDefault()
    void telling(async () => {
      const secret = element<HTMLInputElement>('secret').value.trim()
      const token = await becomeFirstOwner(get, configuration, { secret, bearer: signedIn })
      if (token !== undefined) say('refusal', `Your token, shown this once: ${token}`)
      else if (signedIn !== undefined) await showStatus(configuration, signedIn)
    })
  }
}

async function start(): Promise<void> {
  const configuration = await loadConfiguration(get)
  const issuer = issuerOf(configuration)
  const signedIn = issuer && (await finishSignIn(issuer, new URLSearchParams(location.search), around))
  // The code in the address is of no more use, and no one else's business.
  history.replaceState(null, '', around.pageUrl)
  listen(configuration, signedIn)
  show('sign-in', true)
  if (signedIn !== undefined) void telling(() => showStatus(configuration, signedIn))
  const health = await askHealth(get, configuration)
  say('health', health.kind === 'well' ? 'The product answers.' : health.why)
}

start().catch((error: unknown) => say('health', error instanceof Error ? error.message : String(error)))
