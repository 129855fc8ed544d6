/** The floor: a bare node:http server that parses the JSON and answers from memory, storing nothing. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const reply = Buffer.from('{"success":true}');
const headers = { 'content-type': 'application/json', 'content-length': reply.length };

const server = createServer((request, response) => {
  const pieces: Buffer[] = [];
  request.on('data', (piece: Buffer) => pieces.push(piece));
  request.on('end', () => {
    JSON.parse(Buffer.concat(pieces).toString('utf8'));
    response.writeHead(200, headers);
    response.end(reply);
  });
});
server.keepAliveTimeout = 72_000;
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  console.log(`floor listening on http://127.0.0.1:${port}`);
});
