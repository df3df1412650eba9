// In place of the browser's own subscribe(), which asks the service of the browser's maker. SAID is what that would say.
(() => {
  const said = SAID;

  function bytes(text) {
    const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    return Uint8Array.from(binary, (character) => character.charCodeAt(0)).buffer;
  }

  function made() {
    const key = sessionStorage.getItem("subscribed");
    return key && {
      endpoint: said.endpoint,
      options: { applicationServerKey: bytes(key) },
      toJSON: () => ({ endpoint: said.endpoint, expirationTime: null, keys: { p256dh: said.p256dh, auth: said.auth } }),
      unsubscribe: async () => {
        sessionStorage.setItem("unsubscribed", "yes");
        sessionStorage.removeItem("subscribed");
        return true;
      },
    };
  }

  PushManager.prototype.getSubscription = async () => made() || null;
  PushManager.prototype.subscribe = async ({ userVisibleOnly, applicationServerKey }) => {
    if (!userVisibleOnly) throw new DOMException("shown ones only");
    sessionStorage.setItem("subscribed", applicationServerKey);
    return made();
  };
})();
