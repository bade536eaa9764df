# SPDX-License-Identifier: Apache-2.0
# Survival statistics against results of R, when the exam folder lies beside the checkout.
set(EXAMS ${CMAKE_SOURCE_DIR}/../shared/exams)
if(EXISTS ${EXAMS}/score_survival.py)
  add_test(NAME exam_survival
    COMMAND python3 ${EXAMS}/score_survival.py ${EXAMS}/survival
            --run "$<TARGET_FILE:quell_cli> survival --spec {spec} --data {csv} --out {json}")
else()
  message(STATUS "../shared/exams is absent: the survival exam is not run")
endif()
