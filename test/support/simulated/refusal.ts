/** How the simulated service says no: an error with a typed name, as the SDK throws it. */
export class Refusal extends Error {
  readonly $metadata: { readonly httpStatusCode: number; readonly requestId: string }

  constructor(name: string, message: string, httpStatusCode = 400) {
    super(message)
    this.name = name
    this.$metadata = { httpStatusCode, requestId: 'simulated' }
  }
}
