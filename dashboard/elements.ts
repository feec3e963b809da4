/** The page's own elements by their ids, and what is done with them. */
import { wordsOf } from './api.ts'

export function element<Kind extends HTMLElement = HTMLElement>(id: string): Kind {
  const found = document.getElementById(id)
  if (!found) throw new Error(`the page has no #${id}`)
  return found as Kind
}

export const say = (id: string, text: string): void => {
  element(id).textContent = text
}

export const show = (id: string, isShown: boolean): void => {
  element(id).hidden = !isShown
}

/** What is typed there, without blanks around it. */
export const typed = (id: string): string => element<HTMLInputElement>(id).value.trim()

export const clear = (id: string): void => {
  element<HTMLInputElement>(id).value = ''
}

/** Who hears the page instead of seeing it is told where it has gone on. */
export const lead = (section: string, heading: string): void => {
  show(section, true)
  element(heading).focus()
}

/** What goes wrong is told; whoever is impatient starts it once. */
export async function doing(button: HTMLButtonElement, work: () => Promise<void>): Promise<void> {
  say('refusal', '')
  button.disabled = true
  try {
    await work()
  } catch (error) {
    say('refusal', wordsOf(error))
  } finally {
    say('notice', '')
    button.disabled = false
  }
}

export const onClick = (id: string, work: () => Promise<void>): void => {
  const button = element<HTMLButtonElement>(id)
  button.onclick = () => void doing(button, work)
}

export const buttonOf = (form: string) => element(form).querySelector('button') as HTMLButtonElement

export const onSubmit = (form: string, work: () => Promise<void>): void => {
  element(form).onsubmit = (event) => {
    event.preventDefault()
    void doing(buttonOf(form), work)
  }
}
