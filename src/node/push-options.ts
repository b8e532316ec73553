/** The options of push: what is sent, by which credentials. For the roles that send, and those that tell what is sent. */
const PUSHING = ['all', 'api', 'push'] as const;

export const PUSH_OPTIONS = {
  vapidKeys: {
    type: 'text',
    default: '',
    description: "file with the keys of Web Push, made by `parley vapid`; embedded: the data folder's where not given",
    roles: PUSHING,
  },
  vapidSubject: {
    type: 'text',
    default: 'mailto:admin@localhost',
    description: 'whom push services of browsers may ask about this server: mailto: or https:',
    check: (subject: string) => /^(mailto:.+@.+|https:\/\/.+)$/.test(subject) && URL.canParse(subject),
    roles: PUSHING,
  },
  fcmCredentials: {
    type: 'text',
    default: '',
    description: "file with the key of Google's service account; with it: send by FCM",
    roles: PUSHING,
  },
  fcmBaseUrl: {
    type: 'text',
    default: 'https://fcm.googleapis.com',
    description: 'where FCM is',
    roles: PUSHING,
  },
  apnsKey: {
    type: 'text',
    default: '',
    description: "file with Apple's key, .p8; with apns-key-id, apns-team-id and apns-topic: send by APNs",
    roles: PUSHING,
  },
  apnsKeyId: { type: 'text', default: '', description: 'id of that key', roles: PUSHING },
  apnsTeamId: { type: 'text', default: '', description: "id of the developer's team", roles: PUSHING },
  apnsTopic: { type: 'text', default: '', description: "the app's bundle id", roles: PUSHING },
  apnsBaseUrl: {
    type: 'text',
    default: 'https://api.push.apple.com',
    description: 'where APNs is; its sandbox is https://api.sandbox.push.apple.com',
    roles: PUSHING,
  },
  pushWebhooks: {
    type: 'flag',
    default: false,
    description: 'true: devices may register a webhook, which pushes are posted to',
    roles: PUSHING,
  },
  pushPrivateAddresses: {
    type: 'flag',
    default: false,
    description: 'true: webhooks and push services may be on private addresses and without TLS; for tests',
    roles: PUSHING,
  },
} as const;
