/** The HTTP API: hands what is asked to the operation, and its answer back as API Gateway takes it (payload format 2.0). */
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import { answerHttp } from '#operations/connection/answer-http.ts'
import { doorOf } from '#operations/connection/door.ts'
import { lambda } from './lambda.ts'

export const handler = lambda(
  async (ports, event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> => {
    const { routeKey, headers, requestContext, isBase64Encoded, body: text = '' } = event
    const [method = '', path = ''] = routeKey.split(' ')
    const request = {
      method,
      path,
      authorization: headers.authorization,
      origin: headers.origin,
      body: isBase64Encoded ? Buffer.from(text, 'base64').toString() : text,
      address: requestContext.http.sourceIp,
    }
    const { status, headers: answered, body } = await answerHttp(ports, request, doorOf(process.env))
    return {
      statusCode: status,
      headers: { ...answered },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }
  },
)
