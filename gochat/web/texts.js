/**
 * What the page says, in Chinese and English, and times and failures in words.
 * Both tables have the same keys. Knows the language, no view. Errors of the server come from the catalogue.
 */
import { ConnectionLost, ERRORS, GoChatError } from "./gochat.js";
import { preferences } from "./preferences.js";

/** A pair is the text for one and the text for any other number; {name} stands for a value. */
export const TEXTS = {
  en: {
    accept: "Accept",
    add: "Add",
    addFriend: "Add friend",
    addMembers: "Add members",
    admin: "Admin",
    back: "Back to the conversations",
    charactersLeft: ["{n} character left", "{n} characters left"],
    charactersOver: ["{n} character too many", "{n} characters too many"],
    close: "Close",
    composerHint: "Enter sends, Shift+Enter starts a new line",
    connecting: "Connecting …",
    connectingAgain: "Connection lost. Connecting again …",
    conversationGone: "You are no longer in that conversation.",
    conversations: "Conversations",
    createGroup: "Create group",
    decline: "Decline",
    discard: "Discard",
    docs: "Documentation",
    earlier: "Show earlier messages",
    emptyGroup: "Nobody has said anything yet. Begin!",
    emptySingle: "This is the beginning of your conversation with {name}.",
    emptyWorld: "Quiet here. Say hello to the world!",
    enterAsGuest: "Enter as a guest",
    failed: "Not sent",
    findPeople: "Find",
    friend: "Friend",
    friends: "Friends",
    groupCreateHint: "You can add more people later.",
    groupName: "Name of the group",
    guest: "Guest",
    guestHint: "As a guest you see the world chat. Register for single chats, groups and friends.",
    guestNote: "A guest sees and uses the world chat only.",
    historyBegin: "This is the beginning.",
    historyFailed: "The messages could not be loaded.",
    image: "Image",
    file: "File",
    language: "中文",
    languageSwitch: "切换到中文",
    languageOfSwitch: "zh-CN",
    leaveGroup: "Leave group",
    leaveSure: "Really leave?",
    loading: "Loading …",
    logIn: "Log in",
    logOut: "Log out",
    markNew: "New",
    members: ["{n} member", "{n} members"],
    message: "Message",
    messageTo: "Message to {name}",
    messages: "Messages in {name}",
    networkLost: "The server cannot be reached.",
    newGroup: "New group",
    newMessages: ["{n} new message", "{n} new messages"],
    noConversation: "Choose a conversation",
    noConversationHint: "Or look for somebody under “People”.",
    noFriends: "No friends yet. Find people and ask them.",
    noRequests: "No requests are waiting.",
    nobodyFound: "Nobody's name begins like that.",
    offline: "You are offline. What you send leaves as soon as the network is back.",
    offlineShort: "Offline",
    online: "Online",
    onlineShort: "Connected",
    or: "or",
    owner: "Owner",
    password: "Password",
    passwordHint: "At least 8 characters",
    passwordRule: "A password has 8 to 128 characters.",
    pending: "Being sent",
    people: "People",
    register: "Register",
    registerAction: "Create account",
    remove: "Remove",
    replaced: "GoChat is open in another tab or on another device. This one has stopped.",
    requestSent: "Request sent",
    requests: "Requests",
    retry: "Retry",
    retryIn: ["Connection lost. Next attempt in {n} second.", "Connection lost. Next attempt in {n} seconds."],
    retrySaid: "Connection lost. Trying again shortly.",
    searchLabel: "Name",
    searchHint: "Begin typing a name",
    send: "Send",
    sent: "Sent",
    sessionEnded: "Your login has ended. Please log in again.",
    skip: "Skip to the messages",
    stay: "Stay",
    tagline: "Talk to one, to many, to the world.",
    themeAuto: "Theme: as the system",
    themeDark: "Theme: dark",
    themeLight: "Theme: light",
    today: "Today",
    tryNow: "Try now",
    unexpected: "Something went wrong.",
    unknownPerson: "Somebody",
    unread: ["{n} unread", "{n} unread"],
    useHere: "Use it here",
    username: "Username",
    usernameHint: "Letters, digits, _ . -",
    usernameRule: "A username has 3 to 50 letters, digits, “_”, “.” or “-”.",
    waitAndTry: ["Too often. Try again in {n} second.", "Too often. Try again in {n} seconds."],
    welcome: "Welcome to GoChat",
    world: "World chat",
    worldAbout: "Everybody who is here",
    yesterday: "Yesterday",
    you: "You",
  },
  zh: {
    accept: "接受",
    add: "添加",
    addFriend: "加为好友",
    addMembers: "添加成员",
    admin: "管理员",
    back: "返回会话列表",
    charactersLeft: "还可输入 {n} 个字",
    charactersOver: "超出 {n} 个字",
    close: "关闭",
    composerHint: "Enter 发送，Shift+Enter 换行",
    connecting: "正在连接……",
    connectingAgain: "连接已断开，正在重新连接……",
    conversationGone: "你已不在该会话中。",
    conversations: "会话",
    createGroup: "创建群聊",
    decline: "拒绝",
    discard: "丢弃",
    docs: "文档",
    earlier: "查看更早的消息",
    emptyGroup: "还没有人说话，来开个头吧！",
    emptySingle: "这是你和 {name} 对话的开始。",
    emptyWorld: "这里很安静，向世界打个招呼吧！",
    enterAsGuest: "以游客身份进入",
    failed: "发送失败",
    findPeople: "找人",
    friend: "好友",
    friends: "好友",
    groupCreateHint: "之后还可以继续添加成员。",
    groupName: "群名称",
    guest: "游客",
    guestHint: "游客只能使用世界频道。注册后可以单聊、建群、加好友。",
    guestNote: "游客只能查看和使用世界频道。",
    historyBegin: "没有更早的消息了",
    historyFailed: "消息加载失败。",
    image: "图片",
    file: "文件",
    language: "English",
    languageSwitch: "Switch to English",
    languageOfSwitch: "en",
    leaveGroup: "退出群聊",
    leaveSure: "确定退出？",
    loading: "加载中……",
    logIn: "登录",
    logOut: "退出登录",
    markNew: "新消息",
    members: "{n} 位成员",
    message: "发消息",
    messageTo: "发消息给 {name}",
    messages: "{name} 的消息",
    networkLost: "无法连接到服务器。",
    newGroup: "新建群聊",
    newMessages: "{n} 条新消息",
    noConversation: "请选择一个会话",
    noConversationHint: "或者在“联系人”里找人聊聊。",
    noFriends: "还没有好友，去找人加好友吧。",
    noRequests: "没有待处理的好友请求。",
    nobodyFound: "没有找到以此开头的用户。",
    offline: "你已离线，网络恢复后会自动发送消息。",
    offlineShort: "离线",
    online: "在线",
    onlineShort: "已连接",
    or: "或",
    owner: "群主",
    password: "密码",
    passwordHint: "至少 8 个字符",
    passwordRule: "密码长度为 8 到 128 个字符。",
    pending: "发送中",
    people: "联系人",
    register: "注册",
    registerAction: "创建账号",
    remove: "移除",
    replaced: "GoChat 已在其他标签页或设备上打开，此处已停止。",
    requestSent: "已发送请求",
    requests: "好友请求",
    retry: "重试",
    retryIn: "连接已断开，{n} 秒后重试。",
    retrySaid: "连接已断开，稍后自动重试。",
    searchLabel: "用户名",
    searchHint: "输入用户名的开头",
    send: "发送",
    sent: "已发送",
    sessionEnded: "登录已失效，请重新登录。",
    skip: "跳到消息",
    stay: "不退出",
    tagline: "一对一，一群人，或者全世界。",
    themeAuto: "主题：跟随系统",
    themeDark: "主题：深色",
    themeLight: "主题：浅色",
    today: "今天",
    tryNow: "立即重试",
    unexpected: "出了点问题。",
    unknownPerson: "未知用户",
    unread: "{n} 条未读",
    useHere: "在此处使用",
    username: "用户名",
    usernameHint: "字母、数字、_ . -",
    usernameRule: "用户名由 3 到 50 个字母、数字或 _ . - 组成。",
    waitAndTry: "操作过于频繁，请 {n} 秒后再试。",
    welcome: "欢迎使用 GoChat",
    world: "世界频道",
    worldAbout: "所有人都在这里",
    yesterday: "昨天",
    you: "我",
  },
};

/** Returns the text in the visitor's language, with its values put in; `n` chooses between one and many. */
export function say(key, values = {}) {
  const entry = TEXTS[preferences.language][key];
  const text = Array.isArray(entry) ? entry[values.n === 1 ? 0 : 1] : entry;
  return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}

/** Says why something failed, in words for people. */
export function explainFailure(error) {
  if (error instanceof ConnectionLost) return say("networkLost");
  if (!(error instanceof GoChatError)) return say("unexpected");
  const waitMs = error.details.retryAfterMs;
  if (error.code === "RATE_LIMITED" && waitMs !== undefined) return say("waitAndTry", { n: Math.ceil(waitMs / 1000) });
  return ERRORS[error.code]?.[preferences.language] ?? (error.message || say("unexpected"));
}

/** Says when a message was sent, to the minute. */
export function sayClock(seconds) {
  return format(seconds, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
}

/** Says on which day, as a heading. */
export function sayDay(seconds) {
  const distance = countDays(seconds);
  if (distance === 0) return say("today");
  if (distance === 1) return say("yesterday");
  const year = new Date(seconds * 1000).getFullYear() === new Date().getFullYear() ? {} : { year: "numeric" };
  return format(seconds, { ...year, month: "long", day: "numeric", weekday: "long" });
}

/** Says when, in little room: the clock today, else the day. */
export function sayBriefly(seconds) {
  const distance = countDays(seconds);
  if (distance === 0) return sayClock(seconds);
  if (distance === 1) return say("yesterday");
  return format(seconds, { month: "numeric", day: "numeric", ...(distance < 300 ? {} : { year: "2-digit" }) });
}

/** Says the whole time. */
export function sayTime(seconds) {
  return format(seconds, { dateStyle: "full", timeStyle: "medium" });
}

/** Returns how many midnights lie between that time and now. */
function countDays(seconds) {
  const midnight = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
  return Math.round((midnight(new Date()) - midnight(new Date(seconds * 1000))) / 86_400_000);
}

/** Formatters are dear to make. */
const formatters = new Map();

function format(seconds, options) {
  const tag = preferences.language === "zh" ? "zh-CN" : "en-GB";
  const key = tag + JSON.stringify(options);
  if (!formatters.has(key)) formatters.set(key, new Intl.DateTimeFormat(tag, options));
  return formatters.get(key).format(new Date(seconds * 1000));
}
