//! Routes as values: what a server answers is a table of them, and everything else that must agree
//! with it is made from it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use http::header::{ALLOW, CONTENT_LENGTH};
use http::{HeaderMap, HeaderValue, Method};
use session_engine::within_budget;

use crate::answer::{self, Answer};
use crate::answer_times::AnswerTimes;
use crate::path_prefix::PathPrefix;
use crate::problem::Problem;
use crate::request::Request;
use crate::security_headers::SecurityHeaders;

type Answering = Pin<Box<dyn Future<Output = Result<Answer, Problem>> + Send>>;
pub(crate) type Handler<S> = Box<dyn Fn(S, Request) -> Answering + Send + Sync>;

/// Whom a route is for: refuses the others.
pub(crate) type Guard<S> = fn(&S, &Request) -> Result<(), Problem>;

/// How it is told that a path has nothing for a method.
type Refusal<S> = fn(&S, &HeaderMap, Problem) -> Answer;

/// One thing that can be asked for.
pub(crate) struct Route<S> {
    /// None for whichever it is.
    method: Option<Method>,
    template: Cow<'static, str>,
    label: &'static str,
    guard: Guard<S>,
    handler: Handler<S>,
}

/// The template of the route that made an answer, such as `/sessions/{session_id}`, as an extension
/// of that answer: for logs and metrics, which must not grow with what strangers ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RouteLabel(pub &'static str);

impl<S> Route<S> {
    /// A `template` is a path in which a `{name}` stands for any one segment, and `{*}` at its end for
    /// whatever comes there, from its slash on.
    pub(crate) fn new<F, A>(method: Method, template: &'static str, guard: Guard<S>, handler: F) -> Self
    where
        F: Fn(S, Request) -> A + Send + Sync + 'static,
        A: Future<Output = Result<Answer, Problem>> + Send + 'static,
    {
        Self { method: Some(method), ..Self::of_any_method(template, guard, handler) }
    }

    /// One that is asked for by whichever method.
    pub(crate) fn of_any_method<F, A>(template: &'static str, guard: Guard<S>, handler: F) -> Self
    where
        F: Fn(S, Request) -> A + Send + Sync + 'static,
        A: Future<Output = Result<Answer, Problem>> + Send + 'static,
    {
        Self {
            method: None,
            template: template.into(),
            label: template,
            guard,
            handler: Box::new(move |state, request| Box::pin(handler(state, request))),
        }
    }

    /// The same, with something done around what it does.
    #[cfg(feature = "legacy")]
    pub(crate) fn around(self, around: impl FnOnce(Handler<S>) -> Handler<S>) -> Self {
        Self { handler: around(self.handler), ..self }
    }

    /// One of many like it, which are found under another name and told of under this one.
    #[cfg(feature = "page")]
    pub(crate) fn at(self, path: String) -> Self {
        Self { template: path.into(), ..self }
    }
}

/// What a server answers.
pub(crate) struct Table<S> {
    paths: Vec<Arc<Path<S>>>,
    gate: Guard<S>,
    refusal: Refusal<S>,
    prefix: PathPrefix,
    /// Which paths are found without the prefix as well.
    stays: fn(&str) -> bool,
}

struct Path<S> {
    template: Cow<'static, str>,
    routes: Vec<Route<S>>,
    allow: HeaderValue,
    label: RouteLabel,
    times: AnswerTimes,
}

/// What a request has come to before anything was waited for.
enum Begun {
    Answering(Answering),
    Answered(Answer),
}

/// Where a request belongs in a [`Table`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    path: usize,
    /// It ends in a slash behind which a name belongs.
    lacks_name: bool,
    /// It is the prefix, without the slash that what is named on the page is beneath.
    lacks_slash: bool,
    parameters: Vec<String>,
}

impl<S> Table<S> {
    pub(crate) fn new(routes: impl IntoIterator<Item = Route<S>>) -> Self {
        let mut paths: BTreeMap<Cow<'static, str>, Vec<Route<S>>> = BTreeMap::new();
        for route in routes {
            paths.entry(route.template.clone()).or_default().push(route);
        }
        let path = |(template, routes): (_, Vec<Route<S>>)| {
            let allow = allowed(routes.iter().filter_map(|route| route.method.as_ref()));
            let label = routes.first().map_or("none", |route| route.label);
            let times = AnswerTimes::of(label);
            Arc::new(Path { template, routes, allow, label: RouteLabel(label), times })
        };
        Self {
            paths: paths.into_iter().map(path).collect(),
            gate: |_, _| Ok(()),
            refusal: |_, _, problem| problem.into_answer(),
            prefix: PathPrefix::default(),
            stays: |_| false,
        }
    }

    /// The same beneath a prefix, but for what `stays` where it is as well.
    pub(crate) fn beneath(self, prefix: PathPrefix, stays: fn(&str) -> bool) -> Self {
        Self { prefix, stays, ..self }
    }

    /// The same, where a path that has nothing for a method says so in another way.
    pub(crate) fn refusing(self, refusal: Refusal<S>) -> Self {
        Self { refusal, ..self }
    }

    /// The same for those alone who pass the gate, whatever they ask for at a path of ours.
    #[cfg(feature = "management")]
    pub(crate) fn behind(self, gate: Guard<S>) -> Self {
        Self { gate, ..self }
    }

    /// Where `path` belongs, if there is anything. A slash at its end means nothing, unless a name belongs
    /// behind it and something is to be changed.
    pub(crate) fn find(&self, path: &str) -> Option<Place> {
        let path = self.prefix.strip(path).or_else(|| Some(path).filter(|path| (self.stays)(path)))?;
        let without_slash = path.strip_suffix('/').filter(|rest| !rest.is_empty());
        let (whole, path, has_slash) = (path, without_slash.unwrap_or(path), without_slash.is_some());
        let lacks_slash = path.is_empty();
        let path = if lacks_slash { "/" } else { path };
        // With the slash it has begun what stands for anything.
        let takes_all = |at: &Arc<Path<S>>| has_slash && at.template.strip_suffix("/{*}") == Some(path);
        let exact = |at: &Arc<Path<S>>| at.template == path && !self.paths.iter().any(takes_all);
        let found = self.paths.iter().position(exact).map(|at| (at, Vec::new()));
        let (path, parameters) = found.or_else(|| {
            let mut paths = self.paths.iter().enumerate().filter(|(_, at)| at.template.contains('{'));
            paths.find_map(|(at, candidate)| Some((at, parameters(&candidate.template, path, whole)?)))
        })?;
        let template = &self.paths.get(path)?.template;
        let is_named_below = |other: &Arc<Path<S>>| {
            let rest = other.template.strip_prefix(&**template);
            rest.is_some_and(|rest| rest.starts_with("/{") && rest != "/{*}")
        };
        let lacks_name = has_slash && self.paths.iter().any(is_named_below);
        Some(Place { path, lacks_name, lacks_slash, parameters })
    }

    /// Has the request answered by the route that its method asks for.
    ///
    /// All that can be done at once is done before anything is awaited: what a request waits in holds, and moves about
    /// as often as it is put into something else, whatever lives meanwhile.
    pub(crate) fn answer(
        &self,
        state: S,
        place: Place,
        request: Request,
    ) -> impl Future<Output = Answer> + use<S> {
        let began_at = Instant::now();
        let path = self.paths.get(place.path).cloned();
        let (wants_no_body, is_question) =
            (request.method == Method::HEAD, request.method == Method::OPTIONS);
        let begun = match &path {
            Some(path) => self.begin(path, state, place, request),
            None => Err(Problem::not_found()),
        };
        async move {
            let answer = match begun {
                Ok(Begun::Answering(answering)) => within_budget(answering).await,
                Ok(Begun::Answered(answer)) => Ok(answer),
                Err(problem) => Err(problem),
            };
            let mut answer = answer.unwrap_or_else(Problem::into_answer);
            let Some(path) = path else { return answer };
            if is_question {
                path.name_methods(&mut answer);
            }
            if wants_no_body {
                drop_body(&mut answer);
            }
            SecurityHeaders::all().add_to(answer.headers_mut());
            answer.extensions_mut().insert(path.label);
            path.times.note(answer.status(), began_at.elapsed());
            answer
        }
    }

    /// Has the route begin, or answers at once.
    fn begin(&self, path: &Path<S>, state: S, place: Place, request: Request) -> Result<Begun, Problem> {
        let request = Request { parameters: place.parameters, ..request };
        (self.gate)(&state, &request)?;
        if place.lacks_slash {
            return Ok(Begun::Answered(answer::moved(&self.prefix.of("/"))));
        }
        // `DELETE /sessions/{session_id}` with an empty ID must not become `DELETE /sessions`.
        if place.lacks_name && !request.method.is_safe() {
            return Err(Problem::not_found());
        }
        path.begin(state, request, self.refusal)
    }

    /// Every method and template but what is of any method, for whoever describes the table.
    #[cfg(test)]
    pub(crate) fn operations(&self) -> impl Iterator<Item = (&Method, &str)> {
        let paths = self.paths.iter().flat_map(|path| &path.routes);
        paths.filter_map(|route| Some((route.method.as_ref()?, route.label)))
    }
}

impl<S> Path<S> {
    /// `HEAD` is answered wherever `GET` is (RFC 9110 §9.3.2), and `OPTIONS` everywhere.
    fn begin(&self, state: S, request: Request, refusal: Refusal<S>) -> Result<Begun, Problem> {
        let asked = if request.method == Method::HEAD { &Method::GET } else { &request.method };
        match self.routes.iter().find(|route| route.method.as_ref().is_none_or(|method| method == asked)) {
            Some(route) => {
                (route.guard)(&state, &request)?;
                Ok(Begun::Answering((route.handler)(state, request)))
            }
            None if request.method == Method::OPTIONS => Ok(Begun::Answered(answer::no_content())),
            None => {
                let problem = Problem::method_not_allowed(self.allow.clone());
                Ok(Begun::Answered(refusal(&state, &request.headers, problem)))
            }
        }
    }

    /// Says what it has methods for, unless it has a route for whichever it is.
    fn name_methods(&self, answer: &mut Answer) {
        if self.routes.iter().all(|route| route.method.is_some()) {
            answer.headers_mut().insert(ALLOW, self.allow.clone());
        }
    }
}

fn allowed<'m>(methods: impl Iterator<Item = &'m Method>) -> HeaderValue {
    let mut names = Vec::new();
    for method in methods {
        names.push(method.as_str());
        if *method == Method::GET {
            names.push(Method::HEAD.as_str());
        }
    }
    if !names.contains(&Method::OPTIONS.as_str()) {
        names.push(Method::OPTIONS.as_str());
    }
    HeaderValue::try_from(names.join(", ")).unwrap_or(HeaderValue::from_static(""))
}

/// What stands in a path where `template` has a name, if it fits: in `path`, or, whatever it is, in the `whole`.
fn parameters(template: &str, path: &str, whole: &str) -> Option<Vec<String>> {
    if let Some(base) = template.strip_suffix("/{*}") {
        let rest = whole.strip_prefix(base)?;
        return rest.starts_with('/').then(|| vec![rest.to_owned()]);
    }
    let mut parameters = Vec::new();
    let (mut segments, mut found) = (template.split('/'), path.split('/'));
    loop {
        match (segments.next(), found.next()) {
            (None, None) => return Some(parameters),
            (Some(name), Some(text)) if name.starts_with('{') && !text.is_empty() => {
                parameters.push(text.to_owned());
            }
            (Some(segment), Some(text)) if segment == text => {}
            _ => return None,
        }
    }
}

/// Its headers say what a `GET` would have got.
fn drop_body(answer: &mut Answer) {
    let length = answer.body().len();
    answer.body_mut().clear();
    if length > 0 {
        answer.headers_mut().insert(CONTENT_LENGTH, length.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table<()> {
        let nobody: Guard<()> = |(), _| Ok(());
        let route = |method, template| {
            Route::new(method, template, nobody, |(), request: Request| async move {
                Ok(answer::json(&request.parameters))
            })
        };
        Table::new([
            route(Method::GET, "/things"),
            route(Method::DELETE, "/things/{id}"),
            route(Method::PUT, "/things"),
            route(Method::PUT, "/plain"),
        ])
    }

    async fn ask(method: Method, path: &str) -> Option<Answer> {
        let (table, headers) = (table(), http::HeaderMap::new());
        let place = table.find(path)?;
        let request = Request {
            method,
            headers,
            peer: None,
            query: String::new(),
            body: Request::no_body(),
            parameters: Vec::new(),
        };
        Some(table.answer((), place, request).await)
    }

    #[tokio::test]
    async fn a_path_is_found_whole_or_not_at_all() {
        for path in ["/", "", "/thing", "/things/a/b", "/things//", "things", "//things"] {
            assert!(ask(Method::GET, path).await.is_none(), "{path}");
        }
        let answer = ask(Method::DELETE, "/things/a").await.unwrap();
        assert_eq!(answer.body(), "[\"a\"]");
        assert_eq!(answer.extensions().get(), Some(&RouteLabel("/things/{id}")));
        assert_eq!(ask(Method::GET, "/things/").await.unwrap().status(), 200);
        assert_eq!(ask(Method::PUT, "/things/").await.unwrap().status(), 404, "nobody has named a thing");
        assert_eq!(ask(Method::PUT, "/plain/").await.unwrap().status(), 200);
    }

    #[tokio::test]
    async fn what_a_path_has_is_said_to_who_asks_for_something_else() {
        let refused = ask(Method::POST, "/things").await.unwrap();
        assert_eq!((refused.status().as_u16(), &refused.headers()[ALLOW]), (405, &allow()));
        let told = ask(Method::OPTIONS, "/things").await.unwrap();
        assert_eq!((told.status().as_u16(), &told.headers()[ALLOW]), (204, &allow()));
    }

    /// R74: wherever there is a `GET`.
    #[tokio::test]
    async fn head_is_answered_as_get_without_the_body() {
        let answer = ask(Method::HEAD, "/things").await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.body().len()), (200, 0));
        assert_eq!(answer.headers()[CONTENT_LENGTH], "2");
    }

    fn allow() -> HeaderValue {
        HeaderValue::from_static("GET, HEAD, PUT, OPTIONS")
    }
}
