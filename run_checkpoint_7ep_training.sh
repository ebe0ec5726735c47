#!/usr/bin/env bash
# Makes the environment and fine-tunes as the guide says; arguments go to train_checkpoint_7ep.py:
#
#   ./run_checkpoint_7ep_training.sh
#   ./run_checkpoint_7ep_training.sh --epochs 10
#   ./run_checkpoint_7ep_training.sh --cfg-options data.train.img_dir=my_images data.train.gt_dir=my_labels
#   ./run_checkpoint_7ep_training.sh --config config/fast/ic15/fast_tiny_finetune.py --cfg-options ...
#
# The last starts from the weights in pretrained/, for those without a checkpoint of their own.
# Without checkpoint_7ep.pth, or without the data of the config, the embedded sample runs instead.
# PYTHON=/path/to/python3.11 chooses the interpreter; FAST_LANG=en or --lang en speaks English.
set -euo pipefail
case " $* " in
  *" --lang en "* | *" --lang=en "*) export FAST_LANG=en ;;
esac
source "$(dirname "${BASH_SOURCE[0]}")/tools/setup_env.sh"
set_up_environment requirements.txt
started_at=$(date +%s)

# The project's own files are named from its folder, the user's from where the user is.
here=""
[ "$PWD" -ef "$PROJECT_ROOT" ] || here="$PROJECT_ROOT/"

own_files=0
"$VENV_PYTHON" "${here}tools/check_own_files.py" "$@" || own_files=$?
case $own_files in
  0)
    # The time of --budget counts from here, not from before the packages were installed.
    export FAST_STARTED_AT=$started_at
    exec "$VENV_PYTHON" "${here}train_checkpoint_7ep.py" \
      --config "${here}config/fast/ic15/fast_checkpoint_7ep_finetune.py" \
      --output_dir "${here:-./}finetune_checkpoints" "$@"
    ;;
  10) exec "$VENV_PYTHON" "${here}tools/run_sample.py" -- "$@" ;; # something is missing, and was named
  *) exit "$own_files" ;;
esac
