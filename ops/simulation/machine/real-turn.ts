// A turn of the real event loop, for the process around the simulation.

const channel = new MessageChannel();

export const turn = (): Promise<void> =>
  new Promise((resolve) => {
    channel.port1.onmessage = () => resolve();
    channel.port2.postMessage(null);
  });
