/// 首页: what the portal is for, and the way in.
struct HomePage: Page {
    let layout: Layout
}
