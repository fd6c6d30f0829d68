// The websocket client that is built into Bun under the name of the npm package `ws`, which is not installed: as much of it as is used.
// Unlike the global WebSocket it shows how a server refused the upgrade, and bounds what a message may hold.

declare module 'ws' {
  type Options = {
    readonly headers: Readonly<Record<string, string>>;
    readonly perMessageDeflate: false;
    /** Bytes; a larger message ends the connection. */
    readonly maxPayload: number;
    readonly followRedirects: false;
  };

  type UpgradeAnswer = {
    readonly statusCode?: number;
    readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
    destroy(): void;
  };

  class WebSocket {
    static readonly OPEN: 1;
    static readonly CLOSED: 3;
    constructor(url: string, options: Options);
    readonly readyState: number;
    readonly bufferedAmount: number;
    onopen: (() => void) | null;
    onerror: ((event: { readonly message?: unknown }) => void) | null;
    onclose: ((event: { readonly code: number; readonly reason: string }) => void) | null;
    /** The server answered the upgrade with something else; without a listener it is an error. */
    on(event: 'unexpected-response', listener: (request: unknown, answer: UpgradeAnswer) => void): this;
    /** The text of a text frame comes as bytes too, checked to be UTF-8. */
    on(event: 'message', listener: (data: Buffer, isBinary: boolean) => void): this;
    on(event: 'pong', listener: (payload: Uint8Array) => void): this;
    send(text: string): void;
    ping(payload?: string): void;
    close(code: number): void;
    terminate(): void;
  }

  export default WebSocket;
}
