import type { Plugin, ServicesExtensions } from 'miniflare';

/** Name of this plugin, and of the binding that brings it in; the Worker does not see that binding. */
export const pluginName = 'ossgate-socket';

/** Name under which a Worker can be given `publicInternet` as its way out. */
export const publicInternet = 'ossgate-public-internet';

/**
 * A miniflare plugin that gives the Worker a socket of workerd itself, with nothing in front.
 *
 * Miniflare's own front compresses bodies, rewrites headers and costs most of the throughput. Its
 * `unsafeDirectSockets` avoid that, but take `request.cf`, and with it the client's address, from a request header,
 * and let any client call the Worker's RPC methods. This socket does neither. The service beside it is a way out that
 * reaches public addresses only, whatever a name resolves to.
 */
const plugin: Plugin = {
  getBindings() {},
  getNodeBindings: () => ({}),
  getServices({ options }): ServicesExtensions {
    const binding = options.config.env?.[pluginName] as { dev?: { options?: { address?: string } } } | undefined;
    const address = binding?.dev?.options?.address;
    if (address === undefined) return { services: [], extensions: [] };
    return {
      services: [
        {
          name: `core:user:${publicInternet}`,
          network: { allow: ['public'], deny: [], tlsOptions: { trustBrowserCas: true } },
        },
      ],
      extensions: [],
      sockets: [{ name: pluginName, address, service: { name: `core:user:${options.config.name}` }, http: {} }],
    };
  },
};

export const plugins = { [pluginName]: plugin };
