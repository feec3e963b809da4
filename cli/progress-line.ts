/** What a long statement is doing, on one line of the terminal that comes and goes. */
import type { RunEvent } from '#websocket/messages.ts'
import { cellLines, widthOf } from './output/cells.ts'
import type { Terminal } from './terminal.ts'

type Progress = Extract<RunEvent, { readonly type: 'progress' }>

export interface ProgressLine {
  show(event: Progress): void
  /** Takes the line away before anything else is written. */
  clear(): void
}

const silent: ProgressLine = { show: () => undefined, clear: () => undefined }

/** Silent where standard error is no terminal. */
export function progressLine({ stderr }: Terminal): ProgressLine {
  if (!stderr.isTTY) return silent
  let isShown = false
  return {
    show: (event) => {
      isShown = true
      stderr.write(`\r\u001b[K${shorten(textOf(event), (stderr.columns ?? 80) - 1)}`)
    },
    clear: () => {
      if (isShown) stderr.write('\r\u001b[K')
      isShown = false
    },
  }
}

function textOf({ action, table, row, state, elapsedMs, message }: Progress): string {
  const what = [action, table, row].filter((part) => part !== null && part !== '').join(' ')
  const time = `${(elapsedMs / 1_000).toFixed(1)} s`
  return cellLines([what, `${state},`, time, message].filter((part) => part !== '').join(' ')).join(' ')
}

function shorten(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text
  let fitting = ''
  for (const character of text) {
    if (widthOf(fitting + character) > columns - 1) break
    fitting += character
  }
  return `${fitting}…`
}
