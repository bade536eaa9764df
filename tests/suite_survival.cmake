# SPDX-License-Identifier: Apache-2.0
# Survival statistics against results of R, when the exam folder lies beside the checkout.
set(QUELL_EXAMS ${CMAKE_SOURCE_DIR}/../shared/exams CACHE PATH "exams with known answers, outside of the checkout")
if(EXISTS ${QUELL_EXAMS}/score_survival.py)
  add_test(NAME exam_survival
    COMMAND python3 ${QUELL_EXAMS}/score_survival.py ${QUELL_EXAMS}/survival
            --run "$<TARGET_FILE:quell_cli> survival --spec {spec} --data {csv} --out {json}")
else()
  message(STATUS "${QUELL_EXAMS} is absent: the survival exam is not run")
endif()
