# SPDX-License-Identifier: Apache-2.0
# Stiff problems with 18-digit reference states, when the exam folder lies beside the checkout.
set(QUELL_EXAMS ${CMAKE_SOURCE_DIR}/../shared/exams CACHE PATH "exams with known answers, outside of the checkout")
if(EXISTS ${QUELL_EXAMS}/score_ivp.py)
  add_test(NAME exam_ivp
    COMMAND python3 ${QUELL_EXAMS}/score_ivp.py ${QUELL_EXAMS}/ivp/reference.json --rtols 1e-4,1e-6,1e-8,1e-10
            --run "$<TARGET_FILE:quell_cli> ivp {problem} --ref ${QUELL_EXAMS}/ivp/reference.json --rtol {rtol} --out {json}")
else()
  message(STATUS "${QUELL_EXAMS} is absent: the exam of stiff problems is not run")
endif()
