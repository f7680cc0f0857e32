import { argv, env, MAX_BODY_BYTES } from '../fields.ts'
import { anyItem, bytes, field, type Infer, list, message, optional, text, uint } from '../schema.ts'

/** What is handed to a function. [P-4.2] */
export const Call = message(
  'call',
  'Export, arguments and surroundings of one call.',
  {
    export: field(1, text({ max: 256 }), 'Function to call; `_start` or `wasi:cli/run#run` for commands.'),
    args: field(
      2,
      list(anyItem({ max: MAX_BODY_BYTES }), { max: 64 }),
      'Values in the order of the parameters. [P-8.3]',
    ),
    argv: optional(3, argv, 'Arguments of a command, without its name.'),
    env: optional(4, env, 'Environment of a command.'),
    stdin: optional(5, bytes({ max: MAX_BODY_BYTES }), 'Standard input of a command.'),
    memoryPages: optional(6, uint(32), 'Cap on linear memory in pages of 64 KiB; the proplet has one of its own.'),
    outputBytes: optional(7, uint(32), 'Cap on standard output and error together.'),
  },
  { maxBytes: MAX_BODY_BYTES },
)
export type Call = Infer<typeof Call>

/** What a function gave back. [P-4.3] */
export const ResultBody = message(
  'result-body',
  'Value and outputs of one attempt.',
  {
    value: optional(
      1,
      anyItem({ max: MAX_BODY_BYTES }),
      'Result; absent where the function has none or did not return.',
    ),
    stdout: optional(2, bytes({ max: MAX_BODY_BYTES }), 'Standard output.'),
    stderr: optional(3, bytes({ max: MAX_BODY_BYTES }), 'Standard error.'),
  },
  { maxBytes: MAX_BODY_BYTES },
)
export type ResultBody = Infer<typeof ResultBody>
