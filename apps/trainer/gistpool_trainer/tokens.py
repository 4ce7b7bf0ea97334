"""The vocabulary's control tokens and the chat template. No dependency, so that all may import it."""

GIST_COUNT = 2

# Token level: a compression after so many sampled tokens, wherever the text stands.
TOKEN_LEVEL_EVERY = 24

IM_START = "<|im_start|>"
IM_END = "<|im_end|>"
END_OF_TEXT = "<|endoftext|>"
SPLITTER = "<|splitter|>"
GISTS = tuple(f"<|o_{i}|>" for i in range(GIST_COUNT))
CONTINUE = "<|continue|>"
ANSWER = "<|begin_of_solution|>"

CONTROL_TOKENS = (
    IM_START,
    IM_END,
    END_OF_TEXT,
    SPLITTER,
    *GISTS,
    CONTINUE,
    ANSWER,
    "<|end_of_solution|>",
    "<|begin_of_thought|>",
    "<|end_of_thought|>",
    "<|recover|>",
)

CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)


def prompt_text(question: str) -> str:
    return f"{IM_START}user\n{question}{IM_END}\n{IM_START}assistant\n"
