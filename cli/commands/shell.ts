/** `iasql shell`: a SQL prompt. */
import { type Command, textOption } from '../command.ts'
import { serverAddress } from '../server-address.ts'
import { openShell } from '../shell/open-shell.ts'

export const shell: Command = {
  summary: 'open a SQL prompt',
  usage: `iasql shell

A statement ends with a semicolon and may span lines. BEGIN … COMMIT is sent as a whole, when COMMIT or ROLLBACK is
typed. The history is in $XDG_STATE_HOME/iasql/history (~/.local/state). Type \\? at the prompt for its own commands.
Ctrl-C drops what is typed or cancels the statement that runs, twice leaves; Ctrl-D leaves.
`,
  options: {},
  run: async (invocation) =>
    openShell(serverAddress(invocation), {
      terminal: invocation.terminal,
      format: textOption(invocation, 'format'),
    }),
}
