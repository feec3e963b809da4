/** The operation of a command by its schema, since bundling may shorten the names of classes. */
export function operationOf(request: object): string {
  const { schema } = request as { readonly schema?: readonly unknown[] }
  const name = schema?.[2]
  return typeof name === 'string' ? name : request.constructor.name.replace(/Command$/, '')
}
