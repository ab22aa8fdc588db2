"""The notices about chats: parameters, thinking, tools and messages."""

from __future__ import annotations

from collections.abc import Mapping

from tests.fake_anthropic.script import Failure, says
from tests.notices.facts import (
    ADD,
    PARAMETERS,
    REFUSED,
    SEARCH,
    SIGNED,
    STRICT,
    Known,
    bridge,
    build_format,
    build_function,
    build_image,
    claude,
    hosted,
    openai,
    platform,
    result,
    sdk,
    talk,
    user,
)

HAIKU = "claude-haiku-4-5"
_HISTORY = (user(), claude("a"), result("a"))
_BUDGET = platform("thinking budget (`enabled` + `budget_tokens`)")
_BOUND = Failure(
    400, message="messages.1.content.0: Thinking block is bound to a different conversation."
)
_NO_EFFORT = Failure(400, message="This model does not support the effort parameter.")

OF_PARAMETERS: Mapping[str, Known] = {
    **{
        f"{name} ignored: {reason}": Known(fact=fact, body={name: example})
        for name, (example, reason, fact) in PARAMETERS.items()
    },
    "{} ignored: unknown parameter": Known(
        fact=bridge("no endpoint has it"), body={"frobnicate": 1}
    ),
    "max_tokens: 1 is used instead of 0, so that there is an answer": Known(
        fact=sdk("Set to `0` to populate the prompt cache without generating a response."),
        body={"max_tokens": 0},
        holds=lambda rules: rules.thinking != {"adaptive"},
    ),
    "max_tokens: {} is over {}'s limit; {} is used": Known(
        fact=platform("haiku-4-5 has 200K/64K"),
        body={"max_tokens": 100_000},
        model=HAIKU,
        holds=lambda rules: rules.max_tokens < 100_000,
    ),
    "max_tokens: {} is used instead of {}; {} always thinks, and thinking counts as output": Known(
        fact=platform("impossible on opus-5-5, fable/mythos 5.x"),
        body={"max_tokens": 9},
        model="claude-opus-5-5",
        holds=lambda rules: rules.thinking == {"adaptive"},
    ),
    "stop: Claude does not support whitespace stop sequences; the bridge detects them, and the "
    "usage of an answer they end covers only the tokens reported until then": Known(
        fact=sdk("each stop sequence must contain non-whitespace"), body={"stop": ["\n"]}
    ),
    "{} ignored: {} does not support sampling parameters": Known(
        fact=platform("Only models up to 4.6 and haiku-4-5 can still take them"),
        body={"temperature": 0, "top_p": 1},
        holds=lambda rules: not rules.sampling,
    ),
    "{} ignored: {} does not support sampling while thinking": Known(
        fact=sdk("`temperature` may only be set to 1 when thinking is enabled."),
        body={"temperature": 0, "reasoning_effort": "high"},
        model=HAIKU,
        holds=lambda rules: rules.sampling,
    ),
    "top_p ignored: Claude does not accept it together with temperature": Known(
        fact=platform("temperature 0..1, not together with top_p"),
        body={"temperature": 0, "top_p": 1},
        model=HAIKU,
        holds=lambda rules: rules.sampling,
    ),
    "temperature: 1 is used, Claude's maximum": Known(
        fact=platform("temperature 0..1, not together with top_p"),
        body={"temperature": 2},
        model=HAIKU,
        holds=lambda rules: rules.sampling,
    ),
    "prompt_cache_options: 1h is used instead of {}; Claude's cache has 5m and 1h": Known(
        fact=platform('Cache `ttl: "1h"`'), body={"prompt_cache_options": {"ttl": "24h"}}
    ),
    "prompt_cache_retention: 1h is used instead of {}; Claude's cache has 5m and 1h": Known(
        fact=platform('Cache `ttl: "1h"`'), body={"prompt_cache_retention": "24h"}
    ),
    **{
        f"{name} ignored: the request has cache markers of its own": Known(
            fact=platform("at most 4 markers in a request"),
            body={
                "messages": [user(cache_control={"type": "ephemeral"})],
                name: value,
            },
        )
        for name, value in (
            ("prompt_cache_options", {"ttl": "1h"}),
            ("prompt_cache_retention", "24h"),
        )
    },
    "speed ignored: Claude has no {}": Known(
        fact=sdk('speed: Optional[Literal["standard", "fast"]]'), body={"speed": "turbo"}
    ),
    **{
        f"{name} ignored: {{}} has no fast mode": Known(
            fact=platform('`speed: "fast"` on opus-5-5 and fable-5-2'),
            body={name: "fast"},
            holds=lambda rules: rules.id not in ("claude-opus-5-5", "claude-fable-5-2"),
        )
        for name in ("speed", "service_tier")
    },
    "service_tier ignored: Claude has no {}": Known(
        fact=sdk('service_tier: Literal["auto", "standard_only"]'), body={"service_tier": "flex"}
    ),
    "response_format: schema repaired at {}": Known(
        fact=platform("input schemas must be JSON Schema draft 2020-12"),
        body=build_format(properties={"a": {"type": "STRING"}}),
    ),
    "{}: the schema cannot be enforced; it is in the prompt, and the answer is checked": Known(
        fact=platform("objects need `additionalProperties: false`"),
        body=build_format(additionalProperties=True),
        upstream=(says("{}"),),
    ),
    "{}: the schema cannot be enforced; it is in the prompt, and the answer is only checked to be "
    "JSON": Known(
        fact=platform("recursion are refused in the schema"),
        body=build_format(properties={"a": {"$ref": "#/properties/b"}}, additionalProperties=True),
        upstream=(says("{}"),),
    ),
    "web_search_options.search_context_size ignored: Claude chooses it": Known(
        fact=SEARCH, body={"web_search_options": {"search_context_size": "low"}}
    ),
}

OF_THINKING: Mapping[str, Known] = {
    "thinking: the budget is read as effort {}; {} has no budget for it": Known(
        fact=_BUDGET,
        body={"thinking": {"type": "enabled", "budget_tokens": 4000}},
        holds=lambda rules: "enabled" not in rules.thinking,
    ),
    "thinking: a budget of {} is used, the least that Claude accepts": Known(
        fact=sdk("budget_tokens: must be ≥1024 and less than max_tokens"),
        body={"thinking": {"type": "enabled", "budget_tokens": 9}},
        model=HAIKU,
        holds=lambda rules: "enabled" in rules.thinking,
    ),
    "thinking: a budget of {} is used; {} is not less than max_tokens": Known(
        fact=sdk("budget_tokens: must be ≥1024 and less than max_tokens"),
        body={"thinking": {"type": "enabled", "budget_tokens": 5000}, "max_tokens": 4000},
        model=HAIKU,
        holds=lambda rules: "enabled" in rules.thinking,
    ),
    "reasoning_effort: {} does not think here; it is forced to call a tool": Known(
        fact=sdk("Thinking may not be enabled when tool_choice forces tool use."),
        body={"reasoning_effort": "high", "tools": [ADD], "tool_choice": "required"},
        model=HAIKU,
        holds=lambda rules: rules.forced_tools and not rules.thinks_unasked,
    ),
    "reasoning_effort: {} does not think here; it continues its own message": Known(
        fact=platform("prefill (last message is the assistant's)"),
        body=talk(user(), claude(), reasoning_effort="high"),
        model=HAIKU,
        holds=lambda rules: rules.prefill,
    ),
    "reasoning_effort ignored: {} does not support thinking": Known(
        fact=bridge("the echo repeats what it is sent"),
        body={"reasoning_effort": "high"},
        model="bridge-echo",
        holds=lambda rules: False,
    ),
    "max_tokens: {} is too few for thinking; thinking is off": Known(
        fact=platform("opus-5 and haiku-5-5 take `disabled` at effort up to high"),
        body={"max_tokens": 2000},
        holds=lambda rules: rules.thinks_unasked and "disabled" in rules.thinking,
    ),
    "max_tokens: {} is too few for thinking; thinking is only between tool calls": Known(
        fact=platform('sonnet-5-5 wants `{"type":"between_tools"}` at effort up to high'),
        body={"max_tokens": 2000},
        model="claude-sonnet-5-5",
        holds=lambda rules: "between_tools" in rules.thinking,
    ),
    "reasoning_effort: {} always thinks; its lowest effort is used": Known(
        fact=platform("leave `thinking` out, lower the effort"),
        body={"reasoning_effort": "none"},
        model="claude-opus-5-5",
        holds=lambda rules: rules.thinking == {"adaptive"},
    ),
    "reasoning_effort: {} always thinks; it has no effort levels": Known(
        fact=bridge("what a refusal of the effort has taught"),
        body={"reasoning_effort": "none"},
        model="claude-mythos-5-1",
        upstream=(_NO_EFFORT,),
        holds=lambda rules: not rules.efforts and rules.thinking == {"adaptive"},
    ),
    "reasoning_effort ignored: max_tokens {} is too few for thinking": Known(
        fact=sdk("budget_tokens: must be ≥1024 and less than max_tokens"),
        body={"reasoning_effort": "high", "max_tokens": 900},
        model=HAIKU,
        holds=lambda rules: "enabled" in rules.thinking,
    ),
    "reasoning_effort ignored: {} has no effort levels": Known(
        fact=bridge("what a refusal of the effort has taught"),
        body={"reasoning_effort": "low"},
        model="claude-mythos-5",
        upstream=(_NO_EFFORT,),
        holds=lambda rules: not rules.efforts and "enabled" not in rules.thinking,
    ),
    "reasoning_effort: {} is used; {} has no {}": Known(
        fact=platform("xhigh from 4.7"),
        body={"reasoning_effort": "xhigh"},
        model="claude-opus-4-6",
        holds=lambda rules: bool(rules.efforts) and "xhigh" not in rules.efforts,
    ),
}

OF_TOOLS: Mapping[str, Known] = {
    "tools: those that earlier messages call were added, as Claude's API requires; Claude cannot "
    "call them": Known(
        fact=platform("Requests which include tool_use or tool_result blocks must define tools"),
        body=talk(*_HISTORY),
    ),
    "tools: `strict` cannot be enforced for all of them; Claude sees their schemas": Known(
        fact=platform("`strict: true` needs `additionalProperties:false`"),
        body={
            "tools": [
                build_function(
                    strict=True, parameters={"type": "object", "additionalProperties": True}
                )
            ]
        },
    ),
    "tool_choice: {} cannot be forced to call a tool; it is instructed to": Known(
        fact=platform("rejected on opus-5-5, sonnet-5-5, fable and mythos 5.1/5.2"),
        body={"tools": [ADD], "tool_choice": "required"},
        model="claude-opus-5-5",
        holds=lambda rules: not rules.forced_tools,
    ),
    "tools: {} ignored: it runs on OpenAI's servers": Known(
        fact=openai("Built-in tools: code interpreter, file search, image generation, MCP"),
        body=hosted("file_search"),
    ),
    "tools: {} ignored: a chat has no items for its calls; use /v1/responses": Known(
        fact=openai("shell_call and apply_patch_call are items of the Responses API"),
        body=hosted("shell"),
    ),
    "tools: {} ignored: it is a tool of Anthropic's; use /v1/messages": Known(
        fact=platform("`code_execution_20260521`, MCP connector"),
        body=hosted("bash_20250124"),
    ),
    "tools: {} ignored: unknown type": Known(
        fact=bridge("neither OpenAI nor Anthropic has it"), body=hosted("teleport")
    ),
    "tools: schema repaired at {}": Known(
        fact=platform("input schemas must be JSON Schema draft 2020-12"),
        body={"tools": [build_function(parameters={"type": "object", "required": True})]},
    ),
    "tools: {} of {} renamed for Claude": Known(
        fact=platform("property keys must match `^[a-zA-Z0-9_.-]{1,64}$`"),
        body={"tools": [build_function(parameters={"properties": {"$filter": {}}})]},
    ),
    "tools: a name is used more than once; the last definition is used": Known(
        fact=sdk("tools: Tool names must be unique."), body={"tools": [ADD, ADD]}
    ),
    "tools: `strict` of {} cannot be enforced; Claude sees the schema": Known(
        fact=bridge("what a refusal of this schema has taught"),
        path="messages",
        body={
            "max_tokens": 99,
            "tools": [{"name": "add", "input_schema": STRICT, "strict": True}],
        },
        upstream=(REFUSED,),
    ),
    "tools: schema of {} repaired": Known(
        fact=platform("input schemas must be JSON Schema draft 2020-12"),
        path="messages",
        body={
            "max_tokens": 99,
            "tools": [
                {
                    "name": "add",
                    "input_schema": {**STRICT, "properties": {"a": {"type": "STRING"}}},
                    "strict": True,
                }
            ],
        },
    ),
}

OF_MESSAGES: Mapping[str, Known] = {
    "messages.{} ignored: Claude accepts its thinking only with a signature": Known(
        fact=platform("a thinking block's signature is bound to the model"),
        body=talk(user(), claude(reasoning_content="So."), user()),
    ),
    "messages.{} ignored: Claude does not accept audio": Known(
        fact=sdk("ContentBlockParam has no audio"),
        body=talk(user(), claude(audio={"id": "x"}), user()),
    ),
    "messages.{} ignored: unknown field": Known(
        fact=bridge("no message has it"), body=talk(user(frobnicate=1))
    ),
    "messages.thinking_blocks ignored where they have no signature": Known(
        fact=platform("a thinking block's signature is bound to the model"),
        body=talk(
            user(), claude(thinking_blocks=[{"type": "thinking", "thinking": "So."}]), user()
        ),
    ),
    "messages.name ignored on system messages: Claude's API has no names": Known(
        fact=sdk("MessageParam has content and role"),
        body=talk({"role": "system", "content": "Be kind.", "name": "boss"}, user()),
    ),
    "messages.name ignored: the {} messages have one speaker": Known(
        fact=sdk("MessageParam has content and role"), body=talk(user(name="Ada"))
    ),
    "messages: the first one is the assistant's; a user message was put before it": Known(
        fact=platform("repair it either way"), body=talk(claude(), user())
    ),
    "messages: the assistant's images and files are in the next user message": Known(
        fact=platform("`'image' blocks are not permitted within assistant turns`"),
        body=talk(user(), claude(content=[build_image(9, 9)]), user()),
    ),
    "messages: tool call {} has several results; they were sent as one": Known(
        fact=sdk("each tool_use must have a single result"),
        body=talk(*_HISTORY, result("a"), tools=[ADD]),
    ),
    "messages: tool call {} has no result; an error was sent for it": Known(
        fact=platform("every `tool_use` needs its `tool_result` in the next user message"),
        body=talk(user(), claude("a"), user(), tools=[ADD]),
    ),
    "messages: tool result {} belongs to no call; it was sent as text": Known(
        fact=sdk("Each `tool_result` block must have a corresponding `tool_use` block"),
        body=talk(user(), result("a")),
    ),
    "messages: {} does not support prefill here; it is asked to continue instead": Known(
        fact=platform("rejected on 4.6 and later and haiku-5-5"),
        body=talk(user(), claude()),
        holds=lambda rules: not rules.prefill,
    ),
    "image: scaled from {}x{} to {}x{} pixels": Known(
        fact=platform("1568 px and 1.15 MP before"),
        body=talk(user([build_image(2000, 100)])),
        model=HAIKU,
        holds=lambda rules: rules.images.edge < 2000,
    ),
    "thinking: earlier thinking left out; Claude's API did not accept it": Known(
        fact=platform('400 ("bound to a different conversation")'),
        body=talk(user(), claude("a", thinking_blocks=[SIGNED]), result("a"), tools=[ADD]),
        model="claude-opus-5-5",
        upstream=(_BOUND,),
    ),
    "thinking: off in this tool loop, because its earlier thinking is missing": Known(
        fact=platform("dropping thinking inside a tool loop loses the reasoning and can give 400s"),
        body=talk(*_HISTORY, tools=[ADD], reasoning_effort="high"),
        model=HAIKU,
    ),
}
