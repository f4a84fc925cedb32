"""ChatLLaMA: artifacts/main.py with one config.yaml for actor and reinforcement learning.

nebuly-ai/optimate (a6d302f, 2024-07), optimization/chatllama: artifacts/config/config.yaml and
chatllama/rlhf/config.py, whose dataclasses take exactly these keys. Only models of
chatllama/rlhf/model_list.py are known. Before it trains it removes rows that are longer than
`max_sequence_length` from the file itself (dataset.py, clean_dataset). Reward models are trained on
scores from 0 to 5, and one that is null is trained as 2.5.
"""

from vicugna.trainers.trainer import (
    Exported,
    Setup,
    Trainer,
    clone_note,
    in_clone,
    to_scalar,
)

_MODEL = "bigscience/bloomz-560m"  # of those it knows the smallest that has read Chinese
_CONFIG = """\
trainer_config:
  actor_lr: 0.000005
  critic_lr: 0.000009
  actor_eps_clip: 0.2
  critic_eps_clip: 0.2
  beta_s: 0.02
  gamma_discounted: 1
  examples_path: {prompts}
  num_episodes: 100
  max_timesteps: 32
  update_timesteps: 32
  num_examples: 1
  batch_size: 1
  epochs: 1
  checkpoint_steps: 1000
  checkpoint_name: null
actor_config:
  model: {model}
  model_folder: models
  tokenizer_path: ""
  train_dataset_path: {actor}
  validation_dataset_path: {held_out}
  froze_embeddings: true
  use_fairscale: false
  max_sequence_length: 1024  # longer rows are removed from the file
  max_tokens: 512
  min_tokens: 20
  additonal_prompt_tokens: 20  # spelled as its config has it
  temperature: 0.1
  batch_size: 2
  iteration_per_print: 10
  lr: 0.000009
  epochs: 3
  checkpoint_steps: 5000
  n_checkpoints_to_keep: 1
  checkpoint_name: null
  deepspeed_enable: false
  deepspeed_config_path: null
  accelerate_enable: false
  peft_enable: true
  peft_config_path: peft_config.yaml
reward_config:
  model: {model}
  model_folder: models
  model_head_hidden_size: 2048
  max_sequence_length: 1024
  train_dataset_path: {reward}
  validation_dataset_path: null
  batch_size: 2
  epochs: 1
  iteration_per_print: 10
  checkpoint_steps: 10000
  checkpoint_name: null
  lr: 0.000009
  deepspeed_enable: false
  deepspeed_config_path: null
  accelerate_enable: false
critic_config:
  model: {model}
  model_folder: models
  model_head_hidden_size: 2048
  max_sequence_length: 1024
  checkpoint_name: null
"""
_PEFT = """\
inference_mode: false
r: 16
lora_alpha: 32
lora_dropout: 0.05
"""


def _setup(exported: Exported) -> Setup:
    reward = exported.files.get("chatllama_reward")
    config = _CONFIG.format(
        model=to_scalar(exported.choose_model(_MODEL)),
        actor=exported.files["chatllama_actor"],
        held_out=exported.validation("chatllama_actor") or "null",
        prompts=exported.files["chatllama_rlhf"],
        reward=reward or "null",
    )
    script = in_clone("optimization/chatllama/artifacts/main.py")
    program = f"PYTHONUTF8=1 python {script} config.yaml --type"
    kinds = ("ACTOR", "REWARD", "RL") if reward else ("ACTOR",)
    files = {"config.yaml": config, "peft_config.yaml": _PEFT}
    return Setup(files, tuple(f"{program} {kind}" for kind in kinds))


CHATLLAMA = Trainer(
    ("chatllama_actor", "chatllama_rlhf"),
    _setup,
    preferences=("chatllama_reward",),
    note=clone_note(
        "nebuly-ai/optimate",
        "It knows OPT, BLOOM, GPT-Neo, GPT-J, GPT-2, Galactica and LLaMA, and removes longer rows "
        "from the files themselves.",
    ),
)
